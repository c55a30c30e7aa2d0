/** Pasted columns: whose headings are known, whose were explained before, and whose have to be asked for. */
import { describe, expect, it } from "vitest";
import { mappingOf, meaningsOf, unknownIn } from "@/grid/clipboard";

const COLUMNS = [
  { name: "material_no", label: "商品料号" },
  { name: "name", label: "商品名称" },
  { name: "quantity", label: "申报数量" },
  { name: "total_price", label: "申报总价" },
];
const FIRST = ["Part No", "Desc", "Qty", "Box"];
const SECOND = ["M-1", "芯片", "5", "3"];

describe("headings of a customer", () => {
  it("that nobody knows are asked for where numbers stand below words", () => {
    const mapping = mappingOf(FIRST, COLUMNS, {}, SECOND);
    expect(mapping).toEqual([null, null, null, null]);
    expect(unknownIn(FIRST, mapping ?? [], {})).toBe(true);
    expect(mappingOf(["a", "b", "c"], COLUMNS, {}, ["d", "e", "f"])).toBeNull();
    expect(mappingOf(SECOND, COLUMNS, {}, SECOND)).toBeNull();
  });
  it("mean the next time what was chosen, and what was left out stays out without a question", () => {
    const kept = meaningsOf(FIRST, ["material_no", "name", "quantity", null]);
    expect(kept).toEqual({ "Part No": "material_no", Desc: "name", Qty: "quantity", Box: null });
    const mapping = mappingOf(FIRST, COLUMNS, kept, SECOND);
    expect(mapping).toEqual(["material_no", "name", "quantity", null]);
    expect(unknownIn(FIRST, mapping ?? [], kept)).toBe(false);
    expect(unknownIn([...FIRST, "Weight"], [...(mapping ?? []), null], kept)).toBe(true);
  });
  it("that name a field no longer there are asked for again", () => {
    expect(mappingOf(FIRST, COLUMNS, { "Part No": "gone", Desc: "name", Qty: "quantity" }, SECOND)?.[0]).toBeNull();
  });
});
