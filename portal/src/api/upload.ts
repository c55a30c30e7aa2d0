/** A file sent with progress, which fetch cannot tell. Otherwise as `send`: a session is renewed in between, problems are thrown. */
import { newKey } from "./client";
import { Problem, problemOf, type ProblemBody } from "./problems";
import { OWN_PAGE, sessionEnded } from "./session";

type Answer = { status: number; text: string; etag: string | null; wait: string | null };

function once(path: string, file: File, headers: Record<string, string>, onPart: (part: number) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onPart(event.loaded / event.total));
    request.addEventListener("load", () =>
      resolve({
        status: request.status,
        text: request.responseText,
        etag: request.getResponseHeader("ETag"),
        wait: request.getResponseHeader("Retry-After"),
      }),
    );
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => reject(problemOf(0)));
    request.send(file);
  });
}

function bodyOf(text: string): ProblemBody | null {
  try {
    const body = JSON.parse(text) as ProblemBody | null;
    return body && typeof body === "object" && "code" in body ? body : null;
  } catch {
    return null;
  }
}

/** The version that the answer tells. `onPart`: how much is sent, from 0 to 1. Throws Problem. */
export async function upload(
  path: string,
  file: File,
  headers: Record<string, string>,
  onPart: (part: number) => void,
): Promise<number | null> {
  const all = {
    ...OWN_PAGE,
    "Idempotency-Key": newKey(),
    "Content-Type": file.type || "application/octet-stream",
    ...headers,
  };
  for (;;) {
    const { status, text, etag, wait } = await once(path, file, all, onPart);
    if (status === 401) {
      await sessionEnded();
      continue;
    }
    if (status >= 200 && status < 300) {
      const tag = /^"(\d+)"$/.exec(etag ?? "");
      return tag ? Number(tag[1]) : null;
    }
    const body = bodyOf(text);
    throw body ? new Problem(body, Number(wait) || null) : problemOf(status);
  }
}
