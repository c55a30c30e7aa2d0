import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { BELIEVED, useAgainWhile } from "@/parts/useLive";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test("what moves is asked for again without a word of the stream, what stands still is not", () => {
  vi.useFakeTimers();
  const again = vi.fn();
  const { rerender } = renderHook(({ moving }) => useAgainWhile(moving, again), { initialProps: { moving: true } });
  vi.advanceTimersByTime(BELIEVED * 2);
  expect(again).toHaveBeenCalledTimes(2);
  rerender({ moving: false });
  vi.advanceTimersByTime(BELIEVED * 2);
  expect(again).toHaveBeenCalledTimes(2);
});
