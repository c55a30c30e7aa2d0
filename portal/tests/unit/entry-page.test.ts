/** The page of entry: which address it stands for, and its keys. */
import { describe, expect, it } from "vitest";
import type { Entry } from "@/features/entry/entry";
import { isThere } from "@/features/entry/EntryRoute";
import { pageActionOf } from "@/features/entry/pageKeys";

const NEW = { system: "z8", url: "inventories", direction: "I", id: null };

function got(whole: { id: string } | null): Parameters<typeof isThere>[0] {
  return { entry: { whole } as unknown as Entry, draft: null, asked: NEW };
}

describe("one page for a new document and the saved one", () => {
  it("stays when the address becomes that of the saved document", () => {
    expect(isThere(got({ id: "7" }), { ...NEW, direction: "", id: "7" })).toBe(true);
  });
  it("is another one for another document, and for the next new one", () => {
    expect(isThere(got({ id: "7" }), { ...NEW, direction: "", id: "8" })).toBe(false);
    expect(isThere(got({ id: "7" }), NEW)).toBe(false);
    expect(isThere(got(null), { ...NEW, direction: "E" })).toBe(false);
    expect(isThere(got(null), { ...NEW, system: "z7" })).toBe(false);
    expect(isThere(got(null), NEW)).toBe(true);
    expect(isThere(null, NEW)).toBe(false);
  });
});

describe("keys of the page", () => {
  const press = (key: string, more: object = {}): ReturnType<typeof pageActionOf> =>
    pageActionOf({ key, ctrl: false, shift: false, alt: false, composing: false, ...more });
  it("saves, declares, undoes, finds the next problem, changes the tab", () => {
    expect(press("S", { ctrl: true })).toEqual({ do: "save" });
    expect(press("F9")).toEqual({ do: "declare" });
    expect(press("z", { ctrl: true, shift: true })).toEqual({ do: "redo" });
    expect(press("F8", { shift: true })).toEqual({ do: "problem", back: true });
    expect(press("2", { alt: true })).toEqual({ do: "tab", at: 1 });
  });
  it("leaves letters, and every key of the input method, alone", () => {
    expect(press("s")).toBeNull();
    expect(press("F9", { composing: true })).toBeNull();
  });
});
