import { describe, expect, it } from "vitest";
import { amountsOf, contradiction } from "@/document/amounts";
import { appliedAll, rowsOf, type Doc, type Patch } from "@/document/patches";
import { placeOf, pointerOf, shifted } from "@/document/pointer";
import { DocumentStore } from "@/document/store";

const DOC: Doc = { head: { book_no: "T1" }, goods: [{ name: "a" }, { name: "b" }, { name: "c" }] };
const set = (row: number, name: string, value: string): Patch => ({ op: "set", section: "goods", row, name, value });

describe("pointers", () => {
  it("lead to a place and back", () => {
    for (const pointer of ["/head/book_no", "/goods", "/goods/3", "/goods/3/quantity"]) {
      const { section, row, name } = placeOf(pointer);
      expect(pointerOf(section, row, name)).toBe(pointer);
    }
  });
  it("move with their rows", () => {
    expect(shifted("/goods/3/name", "goods", 1, 0, 2)).toBe("/goods/5/name");
    expect(shifted("/goods/3/name", "goods", 2, 2, 0)).toBeNull();
    expect(shifted("/goods/1/name", "goods", 2, 2, 0)).toBe("/goods/1/name");
    expect(shifted("/head/name", "goods", 0, 9, 0)).toBe("/head/name");
  });
});

describe("patches", () => {
  it("are taken back exactly, in any mixture", () => {
    const patches: Patch[] = [
      set(1, "name", "B"),
      { op: "splice", section: "goods", at: 1, remove: 1, insert: [{ name: "x" }, { name: "y" }] },
      set(2, "name", ""),
      { op: "set", section: "head", row: null, name: "book_no", value: "" },
      { op: "splice", section: "goods", at: 0, remove: 4, insert: [] },
    ];
    const done = appliedAll(DOC, patches);
    expect(done.doc).toEqual({ head: {}, goods: [] });
    expect(appliedAll(done.doc, done.back).doc).toEqual(DOC);
  });
  it("leave untouched rows the same objects", () => {
    const done = appliedAll(DOC, [set(1, "name", "B")]);
    expect(rowsOf(done.doc, "goods")[0]).toBe(rowsOf(DOC, "goods")[0]);
  });
});

describe("the store", () => {
  it("undoes and redoes; the letters of one field are one step", () => {
    const store = new DocumentStore(DOC);
    store.set("head", null, "book_no", "T12");
    store.set("head", null, "book_no", "T123");
    store.pause();
    store.set("head", null, "book_no", "X");
    store.undo();
    expect(store.value("head", null, "book_no")).toBe("T123");
    store.undo();
    expect(store.value("head", null, "book_no")).toBe("T1");
    expect(store.undoLabel()).toBeNull();
    store.redo();
    store.redo();
    expect(store.value("head", null, "book_no")).toBe("X");
  });
  it("takes back what was looked up together with what was typed", () => {
    const store = new DocumentStore(DOC);
    store.set("head", null, "book_no", "T2");
    store.join([{ op: "set", section: "head", row: null, name: "remark", value: "带出" }]);
    store.undo();
    expect(store.doc()).toEqual(DOC);
    store.redo();
    expect(store.value("head", null, "remark")).toBe("带出");
  });
  it("knows whether the server has what is shown", () => {
    const store = new DocumentStore(DOC);
    store.set("head", null, "book_no", "T2");
    expect(store.isDirty()).toBe(true);
    store.saved(store.doc());
    expect(store.isDirty()).toBe(false);
  });
  it("forgets what was found where something changed, and moves the rest with its row", () => {
    const store = new DocumentStore(DOC);
    const finding = (pointer: string) => ({ pointer, code: "required", message: "未填写" });
    store.found({ errors: [finding("/goods/1/name"), finding("/head/book_no")], warnings: [] });
    store.set("head", null, "book_no", "T2");
    store.change("插入", [{ op: "splice", section: "goods", at: 0, remove: 0, insert: [{}] }]);
    expect(store.findings().errors.map((one) => one.pointer)).toEqual(["/goods/2/name"]);
    expect(store.findingAt("/goods/2/name")?.code).toBe("required");
  });
  it("takes over another version as one step that can be undone", () => {
    const store = new DocumentStore(DOC);
    store.replace({ head: { remark: "他人" }, goods: [{ name: "z" }] }, "采用对方版本");
    expect(store.doc()).toEqual({ head: { remark: "他人" }, goods: [{ name: "z" }] });
    store.undo();
    expect(store.doc()).toEqual(DOC);
  });
});

describe("amounts", () => {
  const store = (row: Record<string, string> = {}) => new DocumentStore({ head: {}, goods: [row] }, amountsOf(["goods"]));
  it("follow from two typed ones, with the reason", () => {
    const one = store();
    one.set("goods", 0, "quantity", "3");
    one.set("goods", 0, "unit_price", "0.335");
    expect(one.value("goods", 0, "total_price")).toBe("1");
    expect(one.reasonAt("/goods/0/total_price")).toContain("数量 × 单价");
    one.set("goods", 0, "quantity", "30");
    expect(one.value("goods", 0, "total_price")).toBe("10.05");
  });
  it("give the price where quantity and total are typed", () => {
    const one = store({ quantity: "3" });
    one.set("goods", 0, "total_price", "10");
    expect(one.value("goods", 0, "unit_price")).toBe("3.3333");
  });
  it("never overwrite what contradicts, but say so", () => {
    const one = store({ quantity: "3", unit_price: "2", total_price: "7" });
    one.set("goods", 0, "quantity", "4");
    expect(one.value("goods", 0, "total_price")).toBe("7");
    expect(contradiction({ quantity: "4", unit_price: "2", total_price: "7" })).toEqual({ total: "8", price: "1.75" });
  });
  it("of pasted lines are completed", () => {
    const one = store();
    one.change("粘贴", [{ op: "splice", section: "goods", at: 1, remove: 0, insert: [{ quantity: "4", total_price: "10" }, { quantity: "2", unit_price: "3", total_price: "7" }] }]);
    expect(one.value("goods", 1, "unit_price")).toBe("2.5");
    expect(one.value("goods", 2, "total_price")).toBe("7");
    one.undo();
    expect(one.doc().goods).toHaveLength(1);
  });
  it("copy the quantity where units are the same, and the net weight for kilograms", () => {
    const one = store({ unit: "007", statutory_unit: "007", second_statutory_unit: "035" });
    one.set("goods", 0, "quantity", "5");
    one.set("goods", 0, "net_weight", "2.5");
    expect(one.value("goods", 0, "statutory_quantity")).toBe("5");
    expect(one.value("goods", 0, "second_statutory_quantity")).toBe("2.5");
  });
  it("are undone together with what they followed from", () => {
    const one = store({ unit_price: "2" });
    one.set("goods", 0, "quantity", "5");
    one.undo();
    expect(one.doc()).toEqual({ head: {}, goods: [{ unit_price: "2" }] });
  });
});
