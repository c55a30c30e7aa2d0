/** What is typed outlives the tab: a copy in this browser at once, one on the server soon after. Nothing in it was checked. */
import { del, entries, get, set } from "idb-keyval";
import { ask, json, send } from "@/api/client";
import type { Doc } from "./patches";

export type LocalDraft = { doc: Doc; version: number | null; at: number };

const PREFIX = "bondgate.draft.";
const KEPT_DAYS = 30;

/** `who`: drafts of one person are not shown to another at the same machine. */
export function draftKey(who: string, kind: string, id: string): string {
  return `${PREFIX}${who}.${kind}-${id}`;
}

/** What the browser's own store does; nothing where it has none, as in a private window, or gives no room. */
async function inBrowser<T>(use: () => Promise<T>): Promise<T | undefined> {
  try {
    return await use();
  } catch {
    return undefined;
  }
}

export async function keepDraft(key: string, draft: LocalDraft): Promise<void> {
  await inBrowser(() => set(key, draft));
}

function serverPath(key: string): string {
  // The server knows whose it is.
  return `/v1/page-drafts/${key.slice(PREFIX.length).replace(/^[^.]*\./, "")}`;
}

/** The same on the server, for another machine; the browser has it in any case. */
export async function keepOnServer(key: string, draft: LocalDraft): Promise<boolean> {
  return send(serverPath(key), json("PUT", { content: draft })).then(
    () => true,
    () => false,
  );
}

async function onServer(key: string): Promise<LocalDraft | null> {
  const path = serverPath(key);
  const { items } = await ask<{ items: { key: string }[] }>("/v1/page-drafts");
  if (!items.some((one) => path.endsWith(`/${one.key}`))) return null;
  return (await ask<{ content: LocalDraft }>(path)).content;
}

/** The newer of the two copies. */
export async function draftOf(key: string): Promise<LocalDraft | null> {
  const here = (await inBrowser(() => get<LocalDraft>(key))) ?? null;
  const there = await onServer(key).catch(() => null);
  return there && there.doc && (!here || there.at > here.at) ? there : here;
}

export async function dropDraft(key: string): Promise<void> {
  await inBrowser(() => del(key));
  await send(serverPath(key), { method: "DELETE" }).catch(() => undefined);
}

/** Drafts nobody came back for. */
export async function dropOld(now: number): Promise<void> {
  const all = (await inBrowser(() => entries<string, LocalDraft>())) ?? [];
  for (const [key, draft] of all) {
    if (String(key).startsWith(PREFIX) && now - (draft?.at ?? 0) > KEPT_DAYS * 86_400_000) await inBrowser(() => del(key));
  }
}
