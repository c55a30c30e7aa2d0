/** Who is logged in. The page knows that there is a session, never its secret: that is a cookie no script can read. */
import { problemOf, Problem, type ProblemBody } from "./problems";

export type Credentials = { tenant: string; login: string; password: string };

type Listener = () => void;
const ended = new Set<Listener>();
const begun = new Set<Listener>();

/** Until the edge keeps sessions in a cookie, the token lives in this module's memory only, and a reload asks again. */
let token: string | null = null;

export function authorisation(): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

export function hasSession(): boolean {
  return token !== null;
}

export async function logIn(credentials: Credentials): Promise<void> {
  const answer = await fetch("/v1/tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(credentials),
  }).catch(() => {
    throw problemOf(0);
  });
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw body ? new Problem(body as ProblemBody) : problemOf(answer.status);
  token = (body as { access_token: string }).access_token;
  begun.forEach((listener) => listener());
}

export async function logOut(): Promise<void> {
  token = null;
}

/** Called when a request was answered 401: the page asks to log in over what is open, and the request waits. */
export function sessionEnded(): Promise<void> {
  token = null;
  return new Promise((resolve) => {
    const once = (): void => {
      begun.delete(once);
      resolve();
    };
    begun.add(once);
    ended.forEach((listener) => listener());
  });
}

export function onSessionEnded(listener: Listener): () => void {
  ended.add(listener);
  return () => ended.delete(listener);
}

export function onSessionBegun(listener: Listener): () => void {
  begun.add(listener);
  return () => begun.delete(listener);
}
