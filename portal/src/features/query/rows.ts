/** A row of a list, and what stands in its cells. */
import { plainDay, shortTime } from "@/parts/times";

export type Row = {
  id: string;
  kind: string;
  version: number;
  state: string;
  state_label: string;
  internal_no: string;
  system: string;
  open_round: { label: string; state: string } | null;
  overdue: boolean;
  needs_operator: boolean;
  review: { status?: string } | null;
  labels: Record<string, string>;
  [name: string]: unknown;
};

export type Page = { items: Row[]; next_cursor: string | null };
export type Counts = {
  total: number;
  states: { state: string; label: string; count: number }[];
  overdue: number;
  needs_operator: number;
  review_requested: number;
};

const FLAGS: Record<string, string> = { true: "是", false: "否" };
const REVIEWS: Record<string, string> = { requested: "待复核", approved: "复核通过", rejected: "复核不通过" };

/** What a cell says; a code with its name behind it. */
export function cell(row: Row, name: string): string {
  const value = row[name];
  if (value === null || value === undefined || value === "") return "";
  const label = row.labels[name];
  if (label) return label === String(value) ? label : `${String(value)} ${label}`;
  if (typeof value === "boolean") return FLAGS[String(value)] ?? "";
  if (name === "review") return REVIEWS[typeof value === "string" ? value : ((value as { status?: string }).status ?? "")] ?? "";
  if (name === "open_round") return (value as { label: string }).label;
  if (Array.isArray(value)) return value.map((each) => (typeof each === "object" ? JSON.stringify(each) : String(each))).join("、");
  if (typeof value === "object") return "";
  const text = String(value);
  if (/_at$|_since$/.test(name) && !/^\d{14}$/.test(text)) return shortTime(text);
  return plainDay(text) && /date|until|_at/.test(name) ? (plainDay(text) ?? text) : text;
}

const WIDTHS: Record<string, number> = {
  internal_no: 186,
  state_label: 96,
  customs_no: 170,
  seq_no: 160,
  declared_at: 104,
  used_by_nos: 150,
};

export const NARROWEST = 48;

export function widthOf(name: string): number {
  if (WIDTHS[name]) return WIDTHS[name];
  if (name.endsWith("_name")) return 190;
  if (name.endsWith("_no") || name.endsWith("_nos")) return 150;
  if (name.endsWith("_code")) return 104;
  return 108;
}

/** What is shown live: a change that the stream told, laid over the row as it was read. */
export type Fresh = { version: number; state: string; state_label: string; customs_no: string | null };

export function freshened(row: Row, fresh: Fresh | undefined): Row {
  return fresh && fresh.version > row.version
    ? { ...row, ...fresh, customs_no: fresh.customs_no ?? row.customs_no }
    : row;
}
