/** Changes of documents and of work as they happen: one stream a browser, which one tab reads for all of them. */
import { authorised } from "./client";

export type Change = {
  id: string;
  kind: string;
  version: number;
  state: string;
  state_label: string;
  moved: boolean;
  internal_no: string;
  customs_no: string | null;
  at: string;
};
/** A batch or print job of this user's, or a file of an InBox. */
export type Work = { id: string; kind: "batch" | "print_job" | "receipt"; version: number; state: string; done: number; total: number; at: string };
export type Told = { event: "change"; change: Change } | { event: "work"; work: Work } | { event: "reset" };

/** The newest version of each document that was told of. */
const versions = new Map<string, number>();
const listeners = new Set<(told: Told) => void>();
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("bondgate.live");
const SILENT = 40_000;
const LEASE = "bondgate.live.lease";
const LEASE_MS = 6_000;
let begun = false;
/** The last event that any tab has seen: whoever reads next goes on behind it. */
let last = "";

/** What a listener does wrong keeps no word from the others. */
function tell(told: Told): void {
  if (told.event === "change") versions.set(told.change.id, told.change.version);
  listeners.forEach((listener) => {
    try {
      listener(told);
    } catch (error) {
      reportError(error);
    }
  });
}

/** Called with everything that is told. The first listener of a tab makes it take part. */
export function onLive(listener: (told: Told) => void): () => void {
  listeners.add(listener);
  if (!begun) {
    begun = true;
    channel?.addEventListener("message", (event: MessageEvent<{ told: Told | null; last: string }>) => {
      last = event.data.last;
      if (event.data.told) tell(event.data.told);
    });
    if (!channel) void read();
    else if (navigator.locks) void navigator.locks.request("bondgate.live", () => read());
    else void holdingLease(read);
  }
  return () => listeners.delete(listener);
}

/** The header of a question about a document: views beside the list may be behind it, so they wait for what is known here. */
export function waitFor(id: string, seen = 0): { "Wait-For"?: string } {
  const version = Math.max(versions.get(id) ?? 0, seen);
  return version > 0 ? { "Wait-For": `${id}@${version}` } : {};
}

const PATIENCE = 3_000;

/** When this piece of work is next told of; after some seconds anyway, for a stream may be broken. */
export function nextWork(kind: Work["kind"], id: string): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      stop();
      clearTimeout(timer);
      resolve();
    };
    const stop = onLive((told) => {
      if (told.event === "reset" || (told.event === "work" && told.work.kind === kind && told.work.id === id)) over();
    });
    const timer = setTimeout(over, PATIENCE);
  });
}

/** Where there are no locks, on plain http within a firm, a tab takes what no other tab has renewed for some seconds. */
async function holdingLease(work: () => Promise<never>): Promise<void> {
  const own = Math.random().toString(36).slice(2);
  const held = (): { by: string; until: number } => JSON.parse(localStorage.getItem(LEASE) ?? '{"by":"","until":0}') as { by: string; until: number };
  const take = (): void => localStorage.setItem(LEASE, JSON.stringify({ by: own, until: Date.now() + LEASE_MS }));
  for (;;) {
    if (held().until < Date.now()) {
      take();
      // Of two that take it at once the later writer has it.
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (held().by === own) break;
    }
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS / 3));
  }
  setInterval(take, LEASE_MS / 3);
  window.addEventListener("pagehide", () => localStorage.removeItem(LEASE));
  await work();
}

async function read(): Promise<never> {
  let pause = 1000;
  for (;;) {
    try {
      await once();
      pause = 1000;
    } catch {
      pause = Math.min(pause * 2, 10_000);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function once(): Promise<void> {
  const stop = new AbortController();
  const anew = !last;
  let silence = setTimeout(() => stop.abort(), SILENT);
  const headers: Record<string, string> = { Accept: "text/event-stream", "X-Bondgate-Page": "background" };
  if (last) headers["Last-Event-ID"] = last;
  const url = new URL("/v1/live", window.location.origin);
  const answer = await authorised(new Request(url, { headers, signal: stop.signal }));
  if (!answer.ok || !answer.body) throw new Error(`live ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    clearTimeout(silence);
    silence = setTimeout(() => stop.abort(), SILENT);
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const heard = understood(block, anew);
      if (heard.id) last = heard.id;
      if (heard.told) tell(heard.told);
      if (heard.id || heard.told) channel?.postMessage({ told: heard.told, last });
    }
  }
}

/**
 * A block of text/event-stream: its position, and what it tells, null where nothing. A stream that begins `anew`, behind no
 * position, knows nothing of what happened since the pages asked, so they are to ask again.
 */
export function understood(block: string, anew = false): { id: string; told: Told | null } {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const at = line.indexOf(":");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trimStart());
  }
  const event = fields.get("event");
  const data: unknown = JSON.parse(fields.get("data") ?? "null");
  let told: Told | null = null;
  if (event === "reset" || (event === "ready" && anew)) told = { event: "reset" };
  else if (event === "change") told = { event, change: data as Change };
  else if (event === "work") told = { event, work: data as Work };
  return { id: fields.get("id") ?? "", told };
}
