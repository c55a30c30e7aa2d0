/** What a list is asked for: kept in the address, so that back, reload and a sent link show the same. */
import type { Kind, Parameter } from "@/catalogue/types";
import { dayFromToday } from "@/parts/times";

export type Conditions = Record<string, string | string[]>;

/** The known conditions of an address; everything else is left out. */
export function fromSearch(kind: Kind, search: Record<string, unknown>): Conditions {
  const found: Conditions = {};
  for (const { name, many } of kind.parameters) {
    const value = search[name];
    if (value === undefined || value === null || value === "") continue;
    if (many) found[name] = (Array.isArray(value) ? value : [value]).map(String);
    else found[name] = String(value);
  }
  return found;
}

/** As the API takes them, with the system the page stands under. */
export function asQuery(conditions: Conditions, system: string): URLSearchParams {
  const query = new URLSearchParams({ system: system.toUpperCase() });
  for (const [name, value] of Object.entries(conditions)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each.trim()) query.append(name, each.trim());
  }
  return query;
}

export function without(conditions: Conditions, ...names: string[]): Conditions {
  return Object.fromEntries(Object.entries(conditions).filter(([name]) => !names.includes(name)));
}

export type Asked = { label: string; parameter: Parameter; until?: Parameter };

/** The conditions of the official page in their order; a period is one of them. */
export function officialConditions(kind: Kind): Asked[] {
  const known = new Map(kind.parameters.map((parameter) => [parameter.name, parameter]));
  const words = kind.page_conditions.length
    ? kind.page_conditions
    : kind.conditions.map((name) => ({ label: kind.columns[name] ?? name, names: [name] }));
  return words.flatMap(({ label, names }) => {
    const [first, second] = names.map((name) => known.get(name));
    if (!first || first.name === "state") return [];
    return [second ? { label, parameter: first, until: second } : { label, parameter: first }];
  });
}

/** The quick dates of a broker's desk: from and until, both included, as the API takes them. */
export function quickDates(today = dayFromToday(0)): [label: string, from: string, to: string][] {
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(4, 6))];
  const before = month === 1 ? `${year - 1}12` : `${year}${String(month - 1).padStart(2, "0")}`;
  const lastOf = (yyyymm: string): string => String(new Date(Date.UTC(Number(yyyymm.slice(0, 4)), Number(yyyymm.slice(4)), 0)).getUTCDate());
  const yesterday = daysFrom(today, -1);
  return [
    ["今天", today, today],
    ["昨天", yesterday, yesterday],
    ["近7天", daysFrom(today, -6), today],
    ["近30天", daysFrom(today, -29), today],
    ["本月", `${today.slice(0, 6)}01`, today],
    ["上月", `${before}01`, before + lastOf(before)],
    ["今年", `${year}0101`, today],
    ["去年", `${year - 1}0101`, `${year - 1}1231`],
  ];
}

function daysFrom(day: string, days: number): string {
  const at = new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)) + days));
  return at.toISOString().slice(0, 10).replaceAll("-", "");
}

/** Columns when a user chose none: those of the official page. A code is shown with its name, so one column does. */
export function officialColumns(kind: Kind): string[] {
  const names = kind.page_columns.flatMap(({ names }) => {
    if (names.includes("state_label")) return ["state_label"];
    const name = names.find((each) => each.endsWith("_name"));
    return [name ?? names[0] ?? ""];
  });
  const own = names.length ? names : ["internal_no", "customs_no", ...kind.listed];
  return [...new Set(["internal_no", "state_label", "customs_no", ...own])].filter((name) => name in kind.columns);
}
