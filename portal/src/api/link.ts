/** Whether the server answers: noted by every request, told to the frame, and asked again by itself while it does not. */
export type Link = "good" | "lost" | "down" | "busy" | "slow";

const SLOW = 8_000;
const AGAIN = 2_000;
const GONE = [502, 503, 504];
const listeners = new Set<() => void>();
const slow = new Set<symbol>();
let link: Exclude<Link, "slow"> = "good";
let asking: ReturnType<typeof setTimeout> | undefined;

export function linkNow(): Link {
  return link === "good" && slow.size > 0 ? "slow" : link;
}

export function onLink(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  listeners.forEach((listener) => listener());
}

function become(next: typeof link): void {
  if (next === link) return;
  link = next;
  tell();
  clearTimeout(asking);
  if (next === "lost" || next === "down") asking = setTimeout(() => void askAgain(), AGAIN);
}

/** What came of a request: its status, 0 where nothing came at all. */
export function noteAnswer(status: number): void {
  if (status === 0) become("lost");
  else if (GONE.includes(status)) become("down");
  else if (status === 429) become("busy");
  else become("good");
}

/** Says that the server keeps a person waiting, until the returned function is called. */
export function waitingFor(): () => void {
  const one = Symbol();
  const timer = setTimeout(() => {
    slow.add(one);
    tell();
  }, SLOW);
  return () => {
    clearTimeout(timer);
    if (slow.delete(one)) tell();
  };
}

async function askAgain(): Promise<void> {
  try {
    const answer = await fetch("/v1/session", { headers: { "X-Bondgate-Page": "background" }, cache: "no-store" });
    noteAnswer(answer.status);
  } catch {
    noteAnswer(0);
  }
  if (link === "lost" || link === "down") asking = setTimeout(() => void askAgain(), AGAIN);
}

/** When the server answers again; at once where it does. */
export function linkIsBack(): Promise<void> {
  if (link !== "lost" && link !== "down") return Promise.resolve();
  return new Promise((resolve) => {
    const stop = onLink(() => {
      if (link === "lost" || link === "down") return;
      stop();
      resolve();
    });
  });
}

if (typeof window !== "undefined") {
  window.addEventListener("offline", () => become("lost"));
  window.addEventListener("online", () => void askAgain());
}
