/** The page and the server answer the same cases alike. The cases are written by tools/portal_vectors.py. */
import { describe, expect, it } from "vitest";
import { loadCodes } from "@/catalogue/codes";
import { agree, isDecimal, over, same, sum, times } from "@/catalogue/decimal";
import { fieldOf, loadKind } from "@/catalogue/kinds";
import { holds } from "@/catalogue/predicate";
import type { Condition, KindName } from "@/catalogue/types";
import { read, tidied, width } from "@/catalogue/values";
import raw from "@/generated/vectors.json";

type Vectors = {
  conditions: { if: Condition; section: string; row: Record<string, string>; head: Record<string, string>; holds: boolean }[];
  values: [KindName, string, string, string, string | number | null, string][];
  amounts: { quantity: string; price: string; total: string; price_of_total: string; agree: boolean; agree_a_cent_more: boolean }[];
  widths: [string, number][];
};
const vectors = raw as unknown as Vectors;

describe("cases shared with the server", () => {
  it("conditions hold alike", () => {
    expect(vectors.conditions.length).toBeGreaterThan(200);
    const differ = vectors.conditions.filter((one) => holds(one.if, one.section, one.row, one.head) !== one.holds);
    expect(differ).toEqual([]);
  });

  it("values are read alike", async () => {
    const tables = await loadCodes();
    expect(vectors.values.length).toBeGreaterThan(300);
    const differ: unknown[] = [];
    for (const [kind, section, name, typed, value, code] of vectors.values) {
      const field = fieldOf(await loadKind(kind), section, name);
      if (!field) throw new Error(`${kind}.${section}.${name}`);
      const answer = read(field, typed, tables);
      const agrees = answer.code === code && (code ? answer.message !== "" : (answer.value ?? "") === value);
      if (!agrees) differ.push([kind, section, name, typed, value, code, answer]);
    }
    expect(differ).toEqual([]);
  });

  it("amounts are computed alike", () => {
    for (const one of vectors.amounts) {
      expect(times(one.quantity, one.price, 2)).toBe(one.total);
      expect(over(one.total, one.quantity, 4)).toBe(one.price_of_total);
      expect(agree(one.quantity, one.price, one.total)).toBe(one.agree);
      const more = sum([one.total, "0.01"]);
      expect(agree(one.quantity, one.price, more)).toBe(one.agree_a_cent_more);
    }
  });

  it("lengths are counted alike", () => {
    for (const [text, length] of vectors.widths) expect(width(text)).toBe(length);
  });
});

describe("decimals", () => {
  it("add up without rounding and skip what is none", () => {
    expect(sum(["0.1", "0.2", "", null, "x", "1000000000000000000.00001"])).toBe("1000000000000000000.30001");
    expect(sum([])).toBe("0");
  });
  it("know zero and sameness", () => {
    expect(over("1", "0", 4)).toBeNull();
    expect(same("1.50", "1.5")).toBe(true);
    expect(isDecimal("1e5")).toBe(false);
  });
});

describe("loosely written values", () => {
  const field = (type: string, form?: string): never => ({ type, form }) as never;
  it("are tidied", () => {
    expect(tidied(field("decimal"), " 1,234.50 ")).toBe("1234.50");
    expect(tidied(field("decimal"), "１２．５")).toBe("12.5");
    expect(tidied(field("decimal"), ".5")).toBe("0.5");
    expect(tidied(field("integer"), "007")).toBe("7");
    expect(tidied(field("integer"), "12.0")).toBe("12");
    expect(tidied(field("date"), "2026-1-5")).toBe("20260105");
    expect(tidied(field("text", "word"), "t2901w")).toBe("T2901W");
  });
});
