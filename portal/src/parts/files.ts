/** Files from the API into the user's folder, with the name the server gives them. */
import { send } from "@/api/client";

/** `onBytes` hears how much has come so far. */
export async function download(path: string, init: RequestInit = {}, onBytes?: (bytes: number) => void): Promise<void> {
  const answer = await send(path, init);
  const header = answer.headers.get("Content-Disposition") ?? "";
  const utf8 = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  const name = utf8 ? decodeURIComponent(utf8) : (/filename="([^"]+)"/.exec(header)?.[1] ?? "download");
  const url = URL.createObjectURL(onBytes ? await counted(answer, onBytes) : await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function counted(answer: Response, onBytes: (bytes: number) => void): Promise<Blob> {
  const reader = answer.body?.getReader();
  if (!reader) return answer.blob();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
    onBytes(bytes);
  }
  return new Blob(parts, { type: answer.headers.get("Content-Type") ?? "" });
}
