/** What documents on one 账册 have in common, out of the last one that is on it; only where nothing stands yet. */
import { ask } from "@/api/client";
import { objectOf, type Patch } from "@/document/patches";
import { pointerOf } from "@/document/pointer";
import { namesOf } from "@/kinds/layout";
import type { Entry } from "./entry";
import { BROUGHT } from "./filling";

const BOOK = /^[0-9A-Z]{12}$/;

type Last = { internal_no: string; document: { head: Record<string, unknown> } };

export async function likeTheLast(entry: Entry): Promise<void> {
  const { book } = entry.layout;
  const number = book ? (objectOf(entry.store.doc(), "head")[book.field] ?? "") : "";
  const names = (book?.shares ?? []).flatMap(namesOf);
  const empty = (name: string): boolean => entry.store.value("head", null, name) === "";
  if (!book || !BOOK.test(number) || !names.some(empty)) return;
  try {
    const path = `/v1/${entry.kind.url}`;
    const { items } = await ask<{ items: { id: string }[] }>(`${path}?${book.field}=${number}&limit=2`);
    const other = items.find((one) => one.id !== entry.whole?.id);
    if (!other) return;
    const { internal_no, document } = await ask<Last>(`${path}/${other.id}`);
    if (entry.store.value("head", null, book.field) !== number) return;
    const brought = names.filter((name) => empty(name) && document.head[name]);
    entry.store.join(brought.map((name): Patch => ({ op: "set", section: "head", row: null, name, value: String(document.head[name]) })));
    entry.store.explain(brought.map((name) => [pointerOf("head", null, name), `${BROUGHT}同一账册的上一份：${internal_no}`]));
  } catch {
    // Nothing is brought; the clerk types it.
  }
}
