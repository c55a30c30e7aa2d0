/** What the page itself finds while somebody types: values that do not fit, what is needed and not there. */
import type { CodeTable } from "@/catalogue/codes";
import { holds } from "@/catalogue/predicate";
import type { Field, Kind, Section } from "@/catalogue/types";
import { read } from "@/catalogue/values";
import { contradiction } from "./amounts";
import { objectOf, rowsOf, type Doc, type Row } from "./patches";
import { pointerOf } from "./pointer";
import type { Finding } from "./store";

export type Purpose = "save" | "declare";

export function isNeeded(field: Field, section: string, row: Row, head: Row, purpose: Purpose = "declare"): boolean {
  if (field.need === "save") return true;
  if (field.need === "declare") return purpose === "declare";
  if (!field.needed_if || (purpose === "save" && field.needed_at !== "save")) return false;
  return holds(field.needed_if, section, row, head);
}

/** A field of no use is not shown, unless something stands in it. */
export function isShown(field: Field, section: string, row: Row, head: Row): boolean {
  return !field.shown_if || Boolean(row[field.name]) || holds(field.shown_if, section, row, head);
}

export function isOpen(section: Section, doc: Doc): boolean {
  if (!section.shown_if || rowsOf(doc, section.name).length > 0) return true;
  const head = objectOf(doc, "head");
  return holds(section.shown_if, "head", head, head);
}

/** What declaring needs and nobody has filled in yet: fields of the head, and the table that may not be empty. */
export function missingIn(kind: Kind, doc: Doc, filled: string | undefined): string[] {
  const head = objectOf(doc, "head");
  const fields = (kind.sections[0]?.fields ?? []).filter((field) => field.need !== "system" && !head[field.name] && isNeeded(field, "head", head, head));
  const empty = filled !== undefined && rowsOf(doc, filled).every((row) => Object.keys(row).length === 0);
  return [...fields.map((field) => `/head/${field.name}`), ...(empty ? [`/${filled}`] : [])];
}

/** Findings of values in one row; cached by the row, which never changes itself. */
const seen = new WeakMap<Row, Map<string, [string, string][]>>();

function unfitIn(section: Section, row: Row, tables: ReadonlyMap<string, CodeTable>): [string, string][] {
  const known = seen.get(row)?.get(section.name);
  if (known) return known;
  const found: [string, string][] = [];
  for (const field of section.fields) {
    const typed = row[field.name];
    if (!typed || field.need === "system") continue;
    const answer = read(field, typed, tables);
    if (answer.code) found.push([field.name, answer.message]);
  }
  const differs = contradiction(row);
  if (differs) found.push(["total_price", `总价与数量、单价不符：按数量和单价应为${differs.total}`]);
  const cache = seen.get(row) ?? new Map<string, [string, string][]>();
  cache.set(section.name, found);
  seen.set(row, cache);
  return found;
}

/** `asked`: somebody tried to save, so what is missing counts too. */
export function foundBy(kind: Kind, doc: Doc, tables: ReadonlyMap<string, CodeTable>, asked: boolean): Finding[] {
  const head = objectOf(doc, "head");
  const found: Finding[] = [];
  for (const section of kind.sections) {
    const rows: [number | null, Row][] = section.many
      ? rowsOf(doc, section.name).map((row, index) => [index, row])
      : [[null, objectOf(doc, section.name)]];
    for (const [index, row] of rows) {
      for (const [name, message] of unfitIn(section, row, tables)) {
        const label = section.fields.find((field) => field.name === name)?.label ?? name;
        found.push({ pointer: pointerOf(section.name, index, name), code: "unfit", message: `${label}：${message}` });
      }
    }
  }
  for (const field of asked ? (kind.sections[0]?.fields ?? []) : []) {
    if (!head[field.name] && isNeeded(field, "head", head, head, "save"))
      found.push({ pointer: `/head/${field.name}`, code: "required", message: `「${field.label}」未填写` });
  }
  return found;
}
