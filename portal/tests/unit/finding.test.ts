/** Values that are looked up: one question for what was typed last, nothing taken that was typed in full. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Lookups, type Finder } from "@/fields/finding";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("lookups", () => {
  it("ask once for the last text, tell when the answer is there, and know what came with a value", async () => {
    const asked: string[] = [];
    const finder: Finder = {
      stands: () => true,
      find: (typed) => {
        asked.push(typed);
        return Promise.resolve([{ value: "3105910001", label: "示例公司", also: { area_name: "示例公司" } }]);
      },
    };
    const lookups = new Lookups();
    const told = vi.fn();
    lookups.subscribe(told);
    for (const typed of ["3", "31", "310"]) expect(lookups.of(finder, "area_code", typed, {})).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual(["310"]);
    expect(told).toHaveBeenCalledTimes(1);
    expect(lookups.of(finder, "area_code", "310", {})).toHaveLength(1);
    expect(lookups.taken("area_code", "3105910001")?.also).toEqual({ area_name: "示例公司" });
    expect(lookups.taken("other_code", "3105910001")).toBeUndefined();
  });
  it("offer nothing where the server does not answer", async () => {
    const finder: Finder = { stands: () => true, find: () => Promise.reject(new Error("no")) };
    const lookups = new Lookups();
    lookups.of(finder, "hs_code", "84", {});
    await vi.advanceTimersByTimeAsync(1000);
    expect(lookups.of(finder, "hs_code", "84", {})).toEqual([]);
  });
});
