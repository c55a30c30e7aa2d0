/** Sums of a table as they stand below it and are shown before declaring: amounts by currency. */
import type { CodeTable } from "@/catalogue/codes";
import { grouped, sum } from "@/catalogue/decimal";
import type { Section } from "@/catalogue/types";
import type { Row } from "@/document/patches";
import type { GridLayout } from "@/kinds/layout";

export function totalsOf(section: Section, layout: GridLayout, rows: readonly Row[], tables: ReadonlyMap<string, CodeTable>): [label: string, total: string][] {
  const fields = new Map(section.fields.map((field) => [field.name, field]));
  const currencies = fields.has("currency") ? tables.get(fields.get("currency")?.table ?? "") : undefined;
  return layout.totals.map((name) => {
    const label = fields.get(name)?.label ?? name;
    if (name !== "total_price" || !currencies) return [label, grouped(sum(rows.map((row) => row[name])))];
    const priced = rows.filter((row) => row[name]);
    const used = [...new Set(priced.map((row) => row.currency ?? ""))];
    const each = used.map((code) => `${grouped(sum(priced.filter((row) => (row.currency ?? "") === code).map((row) => row[name])))} ${currencies.byCode.get(code)?.name ?? code}`.trim());
    return [label, each.join(" + ") || "0"];
  });
}
