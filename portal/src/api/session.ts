/** Who is logged in. The page knows that there is a session, never its secret: that is a cookie no script can read. */
import { problemOf, Problem, type ProblemBody } from "./problems";

export type Credentials = { tenant: string; login: string; password: string };
export type Session = {
  id: string;
  name: string;
  login: string;
  tenant: { id: string; name: string };
  permissions: { code: string; label: string }[];
  enterprises: { id: string; name: string; customs_code: string; sys_id: string }[];
};

type Listener = () => void;
const ended = new Set<Listener>();
const begun = new Set<Listener>();

/** The header without which the server changes nothing: another site cannot send it. */
export const OWN_PAGE = { "X-Bondgate-Page": "1" };

async function asked(init: RequestInit): Promise<Response> {
  try {
    return await fetch("/v1/session", { ...init, headers: { ...OWN_PAGE, "Content-Type": "application/json" } });
  } catch {
    throw problemOf(0);
  }
}

async function refused(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => null)) as ProblemBody | null;
  return body && "code" in body ? new Problem(body, Number(answer.headers.get("Retry-After")) || null) : problemOf(answer.status);
}

let person = "";

function personOf(session: Session): string {
  return `${session.tenant.id}/${session.login}`;
}

/** The session of this browser, or null where nobody is logged in. */
export async function whoAmI(): Promise<Session | null> {
  const answer = await asked({ method: "GET" });
  if (answer.status === 401) return null;
  if (!answer.ok) throw await refused(answer);
  const session = (await answer.json()) as Session;
  person ||= personOf(session);
  return session;
}

export async function logIn(credentials: Credentials): Promise<void> {
  const answer = await asked({ method: "POST", body: JSON.stringify(credentials) });
  if (!answer.ok) throw await refused(answer);
  if (person) {
    const session = await whoAmI();
    // Somebody else: nothing that waits may go on in their name, nothing of before may be shown to them.
    if (session && personOf(session) !== person) return window.location.assign("/");
  }
  begun.forEach((listener) => listener());
}

export async function logOut(): Promise<void> {
  await asked({ method: "DELETE" });
}

/** Called when a request was answered 401: the page asks to log in over what is open, and the request waits. */
export function sessionEnded(): Promise<void> {
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
