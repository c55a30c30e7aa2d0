/** A window in which a document is open, as the server tells others of it: it has an id, and it says when it goes. */
import { BACKGROUND, newKey, send } from "@/api/client";

/** An id of the shape the server wants; `randomUUID` needs https or localhost. */
export function windowId(): string {
  const hex = newKey();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Tells the server when the tab is closed or loaded anew, which ends no effect of the page. Call what it answers when the page itself goes. */
export function leaving(path: string): () => void {
  const tell = (): void => void send(path, { method: "DELETE", keepalive: true, headers: BACKGROUND }).catch(() => undefined);
  globalThis.addEventListener("pagehide", tell);
  return () => {
    globalThis.removeEventListener("pagehide", tell);
    tell();
  };
}
