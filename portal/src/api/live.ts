/** Changes of documents as they happen: one stream a browser, which the tab that holds the lock reads for all of them. */
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
export type Told = { event: "change"; change: Change } | { event: "reset" };

const listeners = new Set<(told: Told) => void>();
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("bondgate.live");
const SILENT = 40_000;
let begun = false;
let last = "";

function tell(told: Told): void {
  listeners.forEach((listener) => listener(told));
}

/** Called with every change. The first listener of a tab makes it take part. */
export function onLive(listener: (told: Told) => void): () => void {
  listeners.add(listener);
  if (!begun) {
    begun = true;
    channel?.addEventListener("message", (event: MessageEvent<Told>) => tell(event.data));
    // Where there are no locks (plain http in an intranet), every tab reads for itself.
    if (channel && navigator.locks) void navigator.locks.request("bondgate.live", () => read());
    else void read();
  }
  return () => listeners.delete(listener);
}

async function read(): Promise<never> {
  let pause = 1000;
  for (;;) {
    try {
      await once();
      pause = 1000;
    } catch {
      pause = Math.min(pause * 2, 30_000);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function once(): Promise<void> {
  const stop = new AbortController();
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
    blocks.forEach(take);
  }
}

function take(block: string): void {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const at = line.indexOf(":");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trimStart());
  }
  const id = fields.get("id");
  if (id) last = id;
  const event = fields.get("event");
  let told: Told | null = null;
  if (event === "reset") told = { event: "reset" };
  else if (event === "change") told = { event: "change", change: JSON.parse(fields.get("data") ?? "{}") as Change };
  if (!told) return;
  tell(told);
  channel?.postMessage(told);
}
