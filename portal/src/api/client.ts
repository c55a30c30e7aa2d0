/** The one way to the API: typed by OpenAPI, one Idempotency-Key a request, problems thrown, a session renewed in between. */
import createClient from "openapi-fetch";
import { linkIsBack, noteAnswer, waitingFor } from "./link";
import { asProblem, Problem, problemOf, type ProblemBody } from "./problems";
import type { components, paths } from "./schema";
import { OWN_PAGE, sessionEnded } from "./session";

export type Schemas = components["schemas"];

/** For what no person caused, such as a list that refreshes itself: it keeps nobody logged in. */
export const BACKGROUND = { "X-Bondgate-Page": "background" };

/** `fetch` that adds who asks, and when the session ended waits until somebody logged in and asks again. */
export async function authorised(input: Request): Promise<Response> {
  for (;;) {
    const request = input.clone();
    const background = input.headers.get("X-Bondgate-Page");
    if (!background) request.headers.set("X-Bondgate-Page", OWN_PAGE["X-Bondgate-Page"]);
    let answer: Response;
    const came = background ? (): void => undefined : waitingFor();
    try {
      answer = await fetch(request);
    } catch (error) {
      if (input.signal.aborted) throw error;
      noteAnswer(0);
      throw problemOf(0);
    } finally {
      came();
    }
    if (!background || answer.status !== 429) noteAnswer(answer.status);
    if (answer.status !== 401) return answer;
    await sessionEnded();
  }
}

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: authorised });

api.use({
  onRequest({ request }) {
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", newKey());
    }
    return request;
  },
});

/** A key that makes a repeated POST harmless. `randomUUID` needs https or localhost; a firm's intranet has neither. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Answered<T> = { data?: T; error?: unknown; response: Response };

/** What was asked for. Throws the Problem that came instead. */
export async function answered<T>(asked: Promise<Answered<T>>): Promise<T> {
  return (await withETag(asked)).data;
}

/** The same with the version that the answer names in its ETag. */
export async function withETag<T>(asked: Promise<Answered<T>>): Promise<{ data: T; version: number | null }> {
  const { data, error, response } = await asked;
  if (!response.ok) {
    const wait = Number(response.headers.get("Retry-After"));
    const body = error as ProblemBody | undefined;
    if (body && typeof body === "object" && "code" in body) throw new Problem(body, wait || null);
    throw problemOf(response.status, response.headers.get("X-Request-Id"));
  }
  const tag = /^"(\d+)"$/.exec(response.headers.get("ETag") ?? "");
  return { data: data as T, version: tag ? Number(tag[1]) : null };
}

/** The header of a change: the version that was seen. */
export function ifMatch(version: number): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}

/** Any path, for what is not typed by OpenAPI or is not JSON. Throws Problem. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(new URL(path, window.location.origin), init);
  if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
    request.headers.set("Idempotency-Key", newKey());
  }
  const answer = await authorised(request);
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => null)) as ProblemBody | null;
  const wait = Number(answer.headers.get("Retry-After"));
  throw body && "code" in body ? new Problem(body, wait || null) : problemOf(answer.status, answer.headers.get("X-Request-Id"));
}

/** JSON of any path. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await (await send(path, init)).json()) as T;
}

/** A request with a JSON body. */
export function json(method: "POST" | "PUT", body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } };
}

const MOST_TRIES = 8;

/** Asks again until there is an answer: for what may be repeated, which a GET and a POST with one Idempotency-Key are. */
export async function patiently<T>(asked: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await asked();
    } catch (error) {
      const { status, retryAfter } = asProblem(error);
      if (status === 0) await linkIsBack();
      else if (![429, 502, 503, 504].includes(status) || tries >= MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryAfter ? retryAfter * 1000 : Math.min(500 * 2 ** tries, 8_000)));
    }
  }
}
