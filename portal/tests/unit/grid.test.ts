import { describe, expect, it } from "vitest";
import { mappingOf, parsed, written } from "@/grid/clipboard";
import { actionOf, type Action, type Context, type Press } from "@/grid/keys";
import { cleared, copied, filledDown, found, pasted, rangeOf, window } from "@/grid/model";

const AT: Context = { active: { row: 1, col: 1 }, rows: 4, cols: 3, page: 10, mode: "idle", choosing: false };
const press = (key: string, more: Partial<Press> = {}): Press => ({ key, ctrl: false, shift: false, alt: false, composing: false, ...more });
const act = (key: string, more: Partial<Press> = {}, at: Partial<Context> = {}): Action | null => actionOf(press(key, more), { ...AT, ...at });
const to = (row: number, col: number, more: object = {}): object => ({ do: "move", to: { row, col }, extend: false, commit: false, ...more });

describe("keys of the grid", () => {
  it("belong to the Chinese input method while it composes", () => {
    for (const key of ["Enter", "ArrowDown", "Escape", "Tab", "Delete", "a"]) expect(act(key, { composing: true })).toBeNull();
  });
  it("Enter moves on, wraps to the next line, and adds one behind the last", () => {
    expect(act("Enter")).toEqual(to(1, 2));
    expect(act("Enter", {}, { active: { row: 1, col: 2 } })).toEqual(to(2, 0));
    expect(act("Enter", {}, { active: { row: 3, col: 2 } })).toEqual({ do: "append" });
    expect(act("Enter", { shift: true }, { active: { row: 1, col: 0 } })).toEqual(to(0, 2));
  });
  it("Tab leaves the grid behind the last cell and before the first", () => {
    expect(act("Tab", {}, { active: { row: 3, col: 2 } })).toEqual({ do: "leave", back: false });
    expect(act("Tab", { shift: true }, { active: { row: 0, col: 0 } })).toEqual({ do: "leave", back: true });
  });
  it("arrows move, extend with Shift, stay within a value that is edited in place", () => {
    expect(act("ArrowDown", { shift: true })).toEqual(to(2, 1, { extend: true }));
    expect(act("ArrowLeft", {}, { mode: "in" })).toBeNull();
    expect(act("ArrowLeft", {}, { mode: "over" })).toEqual(to(1, 0, { commit: true }));
    expect(act("ArrowDown", {}, { choosing: true, mode: "over" })).toEqual({ do: "choose", by: 1 });
    expect(act("PageDown")).toEqual(to(3, 1));
    expect(act("End", { ctrl: true })).toEqual(to(3, 2));
  });
  it("name every other action", () => {
    expect(act("F2")).toEqual({ do: "open-form" });
    expect(act("Enter", { ctrl: true })).toEqual({ do: "open-form" });
    expect(act("d", { ctrl: true })).toEqual({ do: "fill-down" });
    expect(act("Insert", { ctrl: true })).toEqual({ do: "insert", above: true });
    expect(act("Delete", { ctrl: true })).toEqual({ do: "delete-rows" });
    expect(act("Delete")).toEqual({ do: "clear" });
    expect(act("Delete", {}, { mode: "over" })).toBeNull();
    expect(act("ArrowUp", { alt: true })).toEqual({ do: "move-rows", by: -1 });
    expect(act("x")).toBeNull();
  });
});

describe("the clipboard", () => {
  it("reads what spreadsheets copy", () => {
    expect(parsed('a\tb\r\n"x\ny"\t"say ""hi"""\r\n')).toEqual([
      ["a", "b"],
      ["x\ny", 'say "hi"'],
    ]);
  });
  it("writes what it reads", () => {
    const rows = [
      ["1", 'a"b'],
      ["line\nbreak", ""],
    ];
    expect(parsed(written(rows))).toEqual(rows);
  });
  it("knows headings by their words, not values", () => {
    const columns = [
      { name: "material_no", label: "商品料号" },
      { name: "quantity", label: "申报数量" },
      { name: "origin_country", label: "原产国(地区)" },
    ];
    expect(mappingOf(["申报数量*", "商品料号", "备忘"], columns)).toEqual(["quantity", "material_no", null]);
    expect(mappingOf(["原产国（地区）"], columns)).toEqual(["origin_country"]);
    expect(mappingOf(["A-1", "100", "142"], columns)).toBeNull();
  });
});

describe("ranges", () => {
  const names = ["a", "b"];
  const rows: Record<string, string>[] = [{ a: "1", b: "x" }, { a: "2" }, { a: "3", b: "z" }];
  it("fill down, clear and copy", () => {
    expect(filledDown(rows, names, rangeOf({ row: 0, col: 1 }, { row: 2, col: 1 }))).toEqual([
      { row: 1, name: "b", value: "x" },
      { row: 2, name: "b", value: "x" },
    ]);
    expect(filledDown(rows, names, rangeOf({ row: 1, col: 0 }, { row: 1, col: 0 }))).toEqual([{ row: 1, name: "a", value: "1" }]);
    expect(cleared(rows, names, rangeOf({ row: 1, col: 0 }, { row: 1, col: 1 }))).toEqual([{ row: 1, name: "a", value: "" }]);
    expect(copied(rows, names, rangeOf({ row: 0, col: 0 }, { row: 1, col: 1 }))).toEqual([
      ["1", "x"],
      ["2", ""],
    ]);
  });
  it("take a paste over the end, and one value for all", () => {
    expect(pasted([["7"], ["8"]], ["a"], { row: 2, rows: 3, bottom: 2 })).toEqual({
      changes: [{ row: 2, name: "a", value: "7" }],
      added: [{ a: "8" }],
    });
    expect(pasted([["9"]], ["a"], { row: 0, rows: 3, bottom: 2 }).changes).toHaveLength(3);
  });
  it("are searched round in a circle", () => {
    expect(found(rows, names, "Z", { row: 0, col: 0 })).toEqual({ row: 2, col: 1 });
    expect(found(rows, names, "1", { row: 2, col: 1 })).toEqual({ row: 0, col: 0 });
    expect(found(rows, names, "1", { row: 0, col: 0 }, true)).toEqual({ row: 0, col: 0 });
    expect(found(rows, names, "none", { row: 0, col: 0 })).toBeNull();
  });
  it("show only the lines in sight", () => {
    expect(window(0, 280, 28, 5000)).toEqual({ first: 0, end: 18 });
    expect(window(28_000, 280, 28, 5000)).toEqual({ first: 992, end: 1018 });
  });
});
