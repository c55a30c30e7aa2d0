/** Between the document as typed and as the API takes it, and what follows from a situation. */
import { beforeAll, describe, expect, it } from "vitest";
import { loadCodes, type CodeTable } from "@/catalogue/codes";
import { loadKind } from "@/catalogue/kinds";
import type { Kind } from "@/catalogue/types";
import { foundBy, isNeeded, isOpen, isShown } from "@/document/checks";
import { followingOf } from "@/document/following";
import { received, sent } from "@/document/sending";
import type { Doc } from "@/document/patches";
import { DocumentStore } from "@/document/store";
import { choicesIn, withName } from "@/fields/choices";
import { LAYOUTS } from "@/kinds/layouts";

let inventory: Kind;
let pass: Kind;
let tables: ReadonlyMap<string, CodeTable>;
beforeAll(async () => {
  [inventory, pass, tables] = await Promise.all([loadKind("inventory"), loadKind("gate_pass"), loadCodes()]);
});

describe("a document", () => {
  it("goes out typed and numbered, without empty lines at its end", () => {
    const doc: Doc = { head: { book_no: "T2901W000001", remark: "" }, goods: [{ book_line_no: "7", quantity: "1.50" }, { name: "乙" }, {}] };
    expect(sent(inventory, doc, tables, { goods: "line_no" })).toEqual({
      head: { book_no: "T2901W000001" },
      goods: [
        { book_line_no: 7, quantity: "1.50", line_no: 1, change_mark: "3" },
        { name: "乙", line_no: 2, change_mark: "3" },
      ],
    });
  });
  it("keeps the numbers that customs knows, and gives new lines free ones", () => {
    const doc: Doc = { head: {}, goods: [{ line_no: "2" }, { name: "新" }, { line_no: "1" }] };
    const made = sent(inventory, doc, tables, { goods: "line_no" }, true) as { goods: { line_no: number }[] };
    expect(made.goods.map((row) => row.line_no)).toEqual([2, 3, 1]);
  });
  it("sends what does not fit as it is, for the server to say why", () => {
    expect(sent(inventory, { head: { book_no: "短" } }, tables, {})).toEqual({ head: { book_no: "短" } });
  });
  it("comes back as text", () => {
    const doc = received(inventory, { head: { book_no: "T", change_count: 0 }, goods: [{ line_no: 3, name: null }] });
    expect(doc.head).toEqual({ book_no: "T", change_count: "0" });
    expect(doc.goods).toEqual([{ line_no: "3" }]);
    expect(doc.stock_bills).toEqual([]);
  });
});

describe("what the page sees itself", () => {
  const field = (name: string) => inventory.sections[0]?.fields.find((one) => one.name === name) as never;
  it("is needed, shown and open by the situation", () => {
    expect(isNeeded(field("clearance_type"), "head", {}, { clearance_flag: "1" })).toBe(false);
    expect(isNeeded(field("clearance_type"), "head", { clearance_flag: "1" }, { clearance_flag: "1" })).toBe(true);
    expect(isNeeded(field("clearance_type"), "head", { clearance_flag: "1" }, {}, "save")).toBe(false);
    expect(isShown(field("clearance_type"), "head", { clearance_flag: "2" }, {})).toBe(false);
    expect(isShown(field("clearance_type"), "head", { clearance_flag: "2", clearance_type: "1" }, {})).toBe(true);
    const bills = inventory.sections.find((one) => one.name === "stock_bills") as never;
    expect(isOpen(bills, { head: { inventory_type: "0" } })).toBe(false);
    expect(isOpen(bills, { head: { inventory_type: "1" } })).toBe(true);
    expect(isOpen(bills, { head: {}, stock_bills: [{ stock_bill_no: "X" }] })).toBe(true);
  });
  it("does not call an untouched page wrong, and does when it is to be saved", () => {
    expect(foundBy(inventory, { head: {}, goods: [] }, tables, false)).toEqual([]);
    const asked = foundBy(inventory, { head: {}, goods: [{ quantity: "x" }] }, tables, true).map((one) => one.pointer);
    expect(asked).toContain("/head/operating_code");
    expect(asked).toContain("/goods/0/quantity");
  });
});

describe("what follows", () => {
  it("非报关 sets 不生成报关单, once", () => {
    const store = new DocumentStore({ head: { clearance_flag: "1", generate_entry: "1" } }, followingOf(inventory));
    store.set("head", null, "clearance_flag", "2");
    expect(store.value("head", null, "generate_entry")).toBe("2");
    store.undo();
    expect(store.value("head", null, "generate_entry")).toBe("1");
  });
  it("what the page began with goes where it is of no use, and comes back", () => {
    const begun = LAYOUTS.gate_pass?.begin("E", "") ?? {};
    const store = new DocumentStore({ head: begun }, followingOf(pass, undefined, begun));
    const type = (code: string): string => {
      store.set("head", null, "gate_pass_type", code);
      return store.value("head", null, "bind_type");
    };
    // 卡口登记货物 is bound to nothing.
    expect([type("5"), type("2"), type("6")]).toEqual(["", "2", ""]);
    type("2");
    store.set("head", null, "bind_type", "3");
    expect(type("5")).toBe("3");
  });
  it("the whole weight is the sum, until somebody types another", () => {
    const store = new DocumentStore({ head: { vehicle_weight: "8500" } }, followingOf(pass, LAYOUTS.gate_pass?.sum));
    store.set("head", null, "gross_weight", "1000.5");
    expect(store.value("head", null, "total_weight")).toBe("9500.5");
    store.set("head", null, "total_weight", "9600");
    store.set("head", null, "frame_weight", "10");
    expect(store.value("head", null, "total_weight")).toBe("9600");
  });
});

describe("type-ahead", () => {
  it("finds by code, letters, initials and name, the code itself first", () => {
    const currencies = tables.get("currencies");
    expect(choicesIn(currencies, "502")[0]?.value).toBe("502");
    expect(choicesIn(currencies, "usd")[0]?.label).toContain("美元");
    expect(choicesIn(currencies, "my")[0]?.label).toBe("美元");
    expect(choicesIn(currencies, "美元")[0]?.value).toBe("502");
    expect(choicesIn(currencies, "zzzz")).toEqual([]);
    expect(withName(currencies, "502")).toContain("502 美元");
    expect(withName(currencies, "999")).toBe("999");
  });
});
