/** Changes of a document as values: each applied to a document gives the next one and the change that takes it back. */

export type Row = Readonly<Record<string, string>>;
/** Every value is the text a clerk sees; a section is one object or rows. */
export type Doc = Readonly<Record<string, Row | readonly Row[]>>;

export type Patch =
  | { op: "set"; section: string; row: number | null; name: string; value: string }
  | { op: "splice"; section: string; at: number; remove: number; insert: readonly Row[] };

export function rowsOf(doc: Doc, section: string): readonly Row[] {
  const part = doc[section];
  return Array.isArray(part) ? (part as readonly Row[]) : [];
}

const NOTHING: Row = {};

export function objectOf(doc: Doc, section: string): Row {
  const part = doc[section];
  return part && !Array.isArray(part) ? (part as Row) : NOTHING;
}

export function rowAt(doc: Doc, section: string, row: number | null): Row {
  return row === null ? objectOf(doc, section) : (rowsOf(doc, section)[row] ?? NOTHING);
}

function withValue(row: Row, name: string, value: string): Row {
  if (value !== "") return { ...row, [name]: value };
  const { [name]: _, ...rest } = row;
  return rest;
}

export function applied(doc: Doc, patch: Patch): { doc: Doc; back: Patch } {
  if (patch.op === "set") {
    const { section, row, name, value } = patch;
    const old = rowAt(doc, section, row);
    const back: Patch = { ...patch, value: old[name] ?? "" };
    const next = withValue(old, name, value);
    if (row === null) return { doc: { ...doc, [section]: next }, back };
    const rows = rowsOf(doc, section).slice();
    rows[row] = next;
    return { doc: { ...doc, [section]: rows }, back };
  }
  const { section, at, remove, insert } = patch;
  const rows = rowsOf(doc, section).slice();
  const gone = rows.splice(at, remove, ...insert);
  return { doc: { ...doc, [section]: rows }, back: { op: "splice", section, at, remove: insert.length, insert: gone } };
}

/** Many sets at once without copying the rows for each: what a paste of thousands of cells needs. */
export function appliedAll(doc: Doc, patches: readonly Patch[]): { doc: Doc; back: Patch[] } {
  const back: Patch[] = [];
  const own = new Set<string>();
  let next: Record<string, Row | readonly Row[]> = { ...doc };
  for (const patch of patches) {
    if (patch.op === "set" && patch.row !== null) {
      const { section, row, name, value } = patch;
      if (!own.has(section)) {
        next[section] = rowsOf(next, section).slice();
        own.add(section);
      }
      const rows = next[section] as Row[];
      const old = rows[row] ?? NOTHING;
      back.push({ ...patch, value: old[name] ?? "" });
      rows[row] = withValue(old, name, value);
    } else {
      const done = applied(next, patch);
      next = { ...done.doc };
      own.delete(patch.section);
      back.push(done.back);
    }
  }
  return { doc: next, back: back.reverse() };
}
