import { describe, expect, it } from "vitest";
import { understood } from "@/api/live";

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
