/** How the fields of a kind stand on its page: names only; what a field is, the catalogue says. */
import type { KindName, Section } from "@/catalogue/types";

/** A field, one that spans columns, or a firm with its 三码. */
export type Item = string | { name: string; span: number } | { party: string };
export type Group = { title: string; items: Item[]; folded?: boolean };
export type GridLayout = {
  columns: string[];
  /** So many from the left stay in sight. */
  frozen: number;
  /** Shown as sums below the grid. */
  totals: string[];
  /** The page numbers the lines 1..n. */
  numbered?: string;
};
export type Layout = {
  title: (direction: string) => string;
  head: Group[];
  grids: Record<string, GridLayout>;
  /** Fields of head and grids that are on no page, with the reason. */
  hidden: Record<string, string>;
  /** What stands in a new document. */
  begin: (direction: string, today: string) => Record<string, string>;
  /** A sum of fields of the head that the page works out. */
  sum?: { name: string; of: string[]; why: string };
  /** Labels of the head by direction, in and out, where the official page has two. */
  directed?: Record<string, [string, string]>;
  /** The table that may not be empty when it is declared. */
  filled?: string;
  /** The field of the head that names the 账册, and what is taken over from the last document on it. */
  book?: { field: string; shares: Item[] };
  /** Fields, as `section.name`, that name a document of which something can still be used. */
  leans?: Record<string, KindName[]>;
  /** Fields where the official page lets Enter save. */
  saves: string;
};

export function namesOf(item: Item): string[] {
  if (typeof item === "string") return [item];
  if ("party" in item) return [`${item.party}_code`, `${item.party}_uscc`, `${item.party}_name`];
  return [item.name];
}

/** What stands before a field of the head on every page: the catalogue's label, or that of its direction. */
export function labelOf(layout: Layout, field: { name: string; label: string }, direction: string | undefined): string {
  return layout.directed?.[field.name]?.[direction === "E" ? 1 : 0] ?? field.label;
}

/** What the three fields of a firm have in common: 经营企业 of 经营企业编码. */
export function firmOf(label: string): string {
  return label.replace(/(编码|社会信用代码|名称)$/, "");
}

/** Fields of a section that a clerk fills where nothing else is said. */
export function fillable(section: Section): string[] {
  return section.fields.filter((field) => field.need !== "system").map((field) => field.name);
}
