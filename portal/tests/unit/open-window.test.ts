/** A window that is closed or loaded anew says so: else its own person would be told that somebody is typing. */
import { afterEach, expect, it, vi } from "vitest";
import { leaving, windowId } from "@/parts/openWindow";

afterEach(() => vi.unstubAllGlobals());

it("tells the server when the tab goes, and once more when the page does", async () => {
  const told: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    told.push(`${request.method} ${new URL(request.url).pathname}`);
    return new Response(null, { status: 204 });
  });
  const leave = leaving("/v1/inventories/7/windows/w");
  globalThis.dispatchEvent(new Event("pagehide"));
  await vi.waitFor(() => expect(told).toEqual(["DELETE /v1/inventories/7/windows/w"]));
  leave();
  await vi.waitFor(() => expect(told).toHaveLength(2));
  globalThis.dispatchEvent(new Event("pagehide"));
  expect(told).toHaveLength(2);
  expect(windowId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});
