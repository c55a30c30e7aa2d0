/** Files from the API into the user's folder, with the name the server gives them. */
import { send } from "@/api/client";

export async function download(path: string, init: RequestInit = {}): Promise<void> {
  const answer = await send(path, init);
  const header = answer.headers.get("Content-Disposition") ?? "";
  const utf8 = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  const name = utf8 ? decodeURIComponent(utf8) : (/filename="([^"]+)"/.exec(header)?.[1] ?? "download");
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
