/** What the amounts of a row say about each other. Nothing a clerk typed is overwritten unless it was worked out before. */
import { agree, isDecimal, over, same, times } from "@/catalogue/decimal";
import type { Doc, Patch, Row } from "./patches";
import { rowAt } from "./patches";
import { pointerOf } from "./pointer";
import type { Consequences } from "./store";

const KILOGRAM = "035";

type Follows = { name: string; value: string; why: string }[];

function given(row: Row, name: string): string | null {
  const value = row[name];
  return value !== undefined && isDecimal(value) ? value : null;
}

/** Of a row whose `changed` fields are new. */
export function followsIn(before: Row, after: Row, changed: ReadonlySet<string>): Follows {
  const follows: Follows = [];
  const [quantity, price, total] = [given(after, "quantity"), given(after, "unit_price"), given(after, "total_price")];
  const fitted = fits(before);
  if (changed.has("total_price") && total !== null && quantity !== null && !changed.has("unit_price")) {
    const value = over(total, quantity, 4);
    if (value !== null && (price === null || (fitted && !agree(quantity, price, total))))
      follows.push({ name: "unit_price", value, why: "总价 ÷ 数量，4位小数" });
  } else if (quantity !== null && price !== null && (changed.has("quantity") || changed.has("unit_price"))) {
    const free = total === null || (fitted && !changed.has("total_price"));
    if (free) follows.push({ name: "total_price", value: times(quantity, price, 2), why: "数量 × 单价，2位小数" });
  } else if (quantity !== null && price === null && total !== null && changed.has("quantity")) {
    const value = over(total, quantity, 4);
    if (value !== null) follows.push({ name: "unit_price", value, why: "总价 ÷ 数量，4位小数" });
  }
  for (const [unit, name] of [
    ["statutory_unit", "statutory_quantity"],
    ["second_statutory_unit", "second_statutory_quantity"],
  ] as const) {
    const asked = changed.has("quantity") || changed.has("unit") || changed.has(unit);
    if (quantity !== null && after.unit && after[unit] === after.unit) {
      if (asked && !changed.has(name)) follows.push({ name, value: quantity, why: "与申报单位相同，等于申报数量" });
    } else if (after[unit] === KILOGRAM && (changed.has("net_weight") || changed.has(unit)) && !changed.has(name)) {
      const [net, old] = [given(after, "net_weight"), given(before, "net_weight")];
      const free = !after[name] || (old !== null && same(after[name], old));
      if (net !== null && free) follows.push({ name, value: net, why: "法定单位为千克，等于净重" });
    }
  }
  return follows.filter((one) => after[one.name] !== one.value);
}

function fits(row: Row): boolean {
  const [quantity, price, total] = [given(row, "quantity"), given(row, "unit_price"), given(row, "total_price")];
  return total === null || (quantity !== null && price !== null && agree(quantity, price, total));
}

/** Whether three typed amounts contradict each other; the page asks which one is meant. */
export function contradiction(row: Row): { total: string; price: string | null } | null {
  const [quantity, price, total] = [given(row, "quantity"), given(row, "unit_price"), given(row, "total_price")];
  if (quantity === null || price === null || total === null || agree(quantity, price, total)) return null;
  return { total: times(quantity, price, 2), price: over(total, quantity, 4) };
}

/** The consequences of patches in these sections of rows. */
export function amountsOf(sections: readonly string[]): Consequences {
  return (before: Doc, after: Doc, patches: readonly Patch[]) => {
    const changed = new Map<string, { section: string; row: number; names: Set<string> }>();
    // Rows that moved have no row before them to compare with.
    const moved = patches.some((patch) => patch.op === "splice");
    for (const patch of patches) {
      if (patch.op !== "set" || patch.row === null || !sections.includes(patch.section)) continue;
      const key = pointerOf(patch.section, patch.row);
      const one = changed.get(key) ?? { section: patch.section, row: patch.row, names: new Set<string>() };
      one.names.add(patch.name);
      changed.set(key, one);
    }
    const found: Patch[] = [];
    const reasons: [string, string][] = [];
    // New lines, e.g. pasted ones: what they lack follows from what they have.
    const [splice, ...others] = patches.filter((patch) => patch.op === "splice");
    if (splice && others.length === 0 && splice.remove === 0 && sections.includes(splice.section)) {
      splice.insert.forEach((row, index) => {
        const at = splice.at + index;
        for (const { name, value, why } of followsIn({}, row, new Set(Object.keys(row)))) {
          found.push({ op: "set", section: splice.section, row: at, name, value });
          reasons.push([pointerOf(splice.section, at, name), why]);
        }
      });
    }
    for (const { section, row, names } of changed.values()) {
      const old = moved ? {} : rowAt(before, section, row);
      for (const { name, value, why } of followsIn(old, rowAt(after, section, row), names)) {
        found.push({ op: "set", section, row, name, value });
        reasons.push([pointerOf(section, row, name), why]);
      }
    }
    return { patches: found, reasons };
  };
}
