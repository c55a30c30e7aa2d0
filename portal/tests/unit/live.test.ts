import { afterEach, describe, expect, it, vi } from "vitest";
import { onLive, understood, waitFor } from "@/api/live";

describe("what the stream tells", () => {
  it("is a change of a document, a step of some work, or that lists are to be read anew", () => {
    expect(understood('id: 7\nevent: change\ndata: {"id":"d","version":2}')).toMatchObject({ id: "7", told: { event: "change", change: { id: "d" } } });
    expect(understood('id: 8\r\nevent: work\r\ndata: {"id":"b","kind":"batch","done":1}')).toMatchObject({ told: { event: "work", work: { kind: "batch", done: 1 } } });
    expect(understood("id: 9\nevent: reset\ndata: {}")).toEqual({ id: "9", told: { event: "reset" } });
  });

  it("is nothing for a heartbeat, a position, and what a newer server may say", () => {
    expect(understood(": ")).toEqual({ id: "", told: null });
    expect(understood("id: 12")).toEqual({ id: "12", told: null });
    expect(understood('id: 13\nevent: bye\ndata: {"reason":"token_expired"}')).toEqual({ id: "13", told: null });
  });
});

describe("the stream of a browser", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("tells that pages are to ask again when it begins behind no position, and goes on behind the last one", async () => {
    const bodies = ["id: 7\nevent: ready\ndata: {}\n\n", 'id: 7\nevent: ready\ndata: {}\n\nid: 8\nevent: change\ndata: {"id":"d","version":4}\n\n'];
    const asked: (string | null)[] = [];
    vi.stubGlobal("fetch", (request: Request) => {
      asked.push(request.headers.get("Last-Event-ID"));
      const body = bodies.shift();
      return body ? Promise.resolve(new Response(body)) : new Promise(() => undefined);
    });
    const told: string[] = [];
    onLive(() => {
      throw new Error("a part of the page that fails");
    });
    vi.stubGlobal("reportError", () => undefined);
    await new Promise<void>((resolve) => {
      onLive((word) => {
        told.push(word.event);
        if (word.event === "change") resolve();
      });
    });
    expect(told).toEqual(["reset", "change"]);
    expect(asked).toEqual([null, "7"]);
    expect(waitFor("d", 3)).toEqual({ "Wait-For": "d@4" });
    expect(waitFor("d", 5)).toEqual({ "Wait-For": "d@5" });
    expect(waitFor("e")).toEqual({});
  });
});
