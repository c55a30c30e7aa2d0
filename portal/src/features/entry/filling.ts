/** What follows from a code, a 料号 or a plate, asked of the server and put where nothing stands yet. */
import { ask, json } from "@/api/client";
import { rowAt, type Patch } from "@/document/patches";
import { placeOf, pointerOf } from "@/document/pointer";
import type { Entry } from "./entry";

type Filled = { filled: { pointer: string; value: unknown; source: { label: string } }[]; prompts: { pointer: string; message: string }[] };

/** Fields from which others are filled in. */
const KEYS = /(_code|_uscc|_no|^hs_code)$/;
/** How the reason of a value begins that was looked up. */
export const BROUGHT = "带自";

/** Each value with its source; what a clerk typed stays. */
export async function filled(entry: Entry, pointers: readonly string[]): Promise<void> {
  const places = pointers.map(placeOf).filter((one) => one.name !== null && KEYS.test(one.name) && one.name !== "internal_no");
  if (places.length === 0) return;
  const doc = entry.store.doc();
  const whole = entry.body();
  const head = { ...(whole.head as Record<string, unknown>) };
  // Of a firm whose code is another now, what the old code brought does not stand.
  const freed = new Set<string>();
  for (const { section, name } of places) {
    const party = section === "head" ? /^(.+)_(code|uscc)$/.exec(name ?? "")?.[1] : undefined;
    for (const part of party ? ["code", "uscc", "name"] : []) {
      const other = `${party}_${part}`;
      if (other === name || !(entry.store.reasonAt(`/head/${other}`) ?? "").startsWith(BROUGHT)) continue;
      freed.add(`/head/${other}`);
      delete head[other];
    }
  }
  const document: Record<string, unknown> = { head };
  const rowsOf = new Map<string, number[]>();
  const linesOf = (section: string): readonly unknown[] => (whole[section] as unknown[] | undefined) ?? [];
  for (const { section, row } of places) {
    // A line that was emptied at the end is none, and nothing follows from it.
    if (row === null || row >= linesOf(section).length) continue;
    const rows = rowsOf.get(section) ?? [];
    if (!rows.includes(row)) rows.push(row);
    rowsOf.set(section, rows);
  }
  if (rowsOf.size === 0 && places.every(({ row }) => row !== null)) return;
  for (const [section, rows] of rowsOf) document[section] = rows.map((row) => linesOf(section)[row]);
  try {
    const answer = await ask<Filled>("/v1/fill", json("POST", { kind: entry.kind.name, document }));
    const patches: Patch[] = [];
    const reasons: [string, string][] = [];
    for (const { pointer, value, source } of answer.filled) {
      const at = placeOf(pointer);
      if (at.name === null || value === null) continue;
      const row = at.row === null ? null : (rowsOf.get(at.section)?.[at.row] ?? null);
      if (at.row !== null && (row === null || rowAt(doc, at.section, row) !== rowAt(entry.store.doc(), at.section, row))) continue;
      const old = entry.store.value(at.section, row, at.name);
      if (old === String(value) || (old !== "" && !freed.has(pointer))) continue;
      patches.push({ op: "set", section: at.section, row, name: at.name, value: String(value) });
      reasons.push([pointerOf(at.section, row, at.name), `${BROUGHT}${source.label}`]);
    }
    const told = new Set(answer.filled.map(({ pointer }) => pointer));
    for (const pointer of freed) {
      const { section, name } = placeOf(pointer);
      if (name !== null && !told.has(pointer)) patches.push({ op: "set", section, row: null, name, value: "" });
    }
    entry.store.join(patches);
    entry.store.explain(reasons);
  } catch {
    // Nothing is filled in; the clerk types it.
  }
}
