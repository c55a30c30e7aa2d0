/** Between the document as typed (text everywhere) and as the API takes and gives it. */
import type { CodeTable } from "@/catalogue/codes";
import type { Kind, Section } from "@/catalogue/types";
import { read } from "@/catalogue/values";
import type { Doc, Row } from "./patches";

type Json = Record<string, unknown>;

function textOf(part: Json): Row {
  return Object.fromEntries(
    Object.entries(part)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => [name, String(value)]),
  );
}

/** What the API gave, as the page holds it. Sections that are absent are there, empty. */
export function received(kind: Kind, document: Json): Doc {
  return Object.fromEntries(
    kind.sections.map((section) => {
      const part = document[section.name];
      if (section.many) return [section.name, ((part ?? []) as Json[]).map(textOf)];
      return [section.name, textOf((part ?? {}) as Json)];
    }),
  );
}

function sentPart(section: Section, row: Row, tables: ReadonlyMap<string, CodeTable>): Json {
  const part: Json = {};
  for (const field of section.fields) {
    const typed = row[field.name];
    if (typed === undefined || typed === "") continue;
    const { value, code } = read(field, typed, tables);
    // What does not fit is sent as it is: the server says in full what is wrong with it.
    if (code) part[field.name] = typed;
    else if (value !== null) part[field.name] = value;
  }
  return part;
}

/** A line that was begun and never filled is none. */
function withoutEmptyEnd(rows: readonly Row[]): readonly Row[] {
  let end = rows.length;
  while (end > 0 && Object.keys(rows[end - 1] ?? {}).length === 0) end -= 1;
  return rows.slice(0, end);
}

/** Lines are numbered 1..n where the page numbers them; `kept`: those that have a number keep it, for customs knows it. */
export function sent(
  kind: Kind,
  doc: Doc,
  tables: ReadonlyMap<string, CodeTable>,
  numbered: Readonly<Record<string, string | undefined>>,
  kept = false,
): Json {
  const document: Json = {};
  for (const section of kind.sections) {
    const part = doc[section.name];
    if (!section.many) {
      const object = sentPart(section, (part ?? {}) as Row, tables);
      if (section.required || Object.keys(object).length > 0) document[section.name] = object;
      continue;
    }
    const rows = withoutEmptyEnd((part ?? []) as readonly Row[]);
    if (rows.length === 0) continue;
    const number = numbered[section.name];
    const used = new Set(kept && number ? rows.map((row) => row[number]).filter(Boolean) : []);
    let next = 0;
    document[section.name] = rows.map((row, index) => {
      const json = sentPart(section, row, tables);
      if (number && !(kept && row[number])) {
        if (kept) {
          do next += 1;
          while (used.has(String(next)));
        } else next = index + 1;
        json[number] = next;
      }
      if (section.fields.some((field) => field.name === "change_mark")) json.change_mark ??= "3";
      return json;
    });
  }
  return document;
}
