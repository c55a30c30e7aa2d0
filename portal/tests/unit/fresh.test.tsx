/** No word of the stream is lost, whatever is under way when it comes. */
import { QueryObserver } from "@tanstack/react-query";
import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Told } from "@/api/live";
import { hear, Questions } from "@/app/queries";
import { useSoon } from "@/parts/useLive";

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const CHANGED = { event: "change", change: { id: "d" } } as Told;

/** A question whose answers come when the test says so. */
function slowly(): { ask: () => Promise<string>; answer: (text: string) => Promise<void>; asked: () => number } {
  const waiting: ((text: string) => void)[] = [];
  let asked = 0;
  return {
    ask: () => {
      asked++;
      return new Promise((resolve) => waiting.push(resolve));
    },
    answer: async (text) => {
      waiting.shift()?.(text);
      await settled();
    },
    asked: () => asked,
  };
}

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("what a page shows", () => {
  it("is asked for again when a word came before its first answer, once for any number of words", async () => {
    const questions = new Questions();
    const slow = slowly();
    const page = new QueryObserver(questions, { queryKey: ["document", "d", "read"], queryFn: slow.ask });
    const stop = page.subscribe(() => undefined);
    hear(questions, CHANGED);
    hear(questions, CHANGED);
    await slow.answer("发送中");
    expect(slow.asked()).toBe(2);
    await slow.answer("已核扣");
    expect(page.getCurrentResult().data).toBe("已核扣");
    expect(slow.asked()).toBe(2);
    stop();
  });

  it("is asked for again when the stream cannot say what it missed", async () => {
    const questions = new Questions();
    const slow = slowly();
    const stop = new QueryObserver(questions, { queryKey: ["list", "inventories"], queryFn: slow.ask }).subscribe(() => undefined);
    await slow.answer("旧的");
    hear(questions, { event: "reset" });
    expect(slow.asked()).toBe(2);
    stop();
  });

  it("is asked for when it is shown again after a word that came meanwhile", async () => {
    const questions = new Questions({ defaultOptions: { queries: { staleTime: 60_000 } } });
    const slow = slowly();
    const show = (): (() => void) => new QueryObserver(questions, { queryKey: ["document", "d", "read"], queryFn: slow.ask }).subscribe(() => undefined);
    show()();
    await slow.answer("草稿");
    hear(questions, CHANGED);
    expect(slow.asked()).toBe(1);
    const stop = show();
    expect(slow.asked()).toBe(2);
    stop();
  });

  it("is not asked for by a word of another document", async () => {
    const questions = new Questions();
    const slow = slowly();
    const stop = new QueryObserver(questions, { queryKey: ["document", "e", "read"], queryFn: slow.ask }).subscribe(() => undefined);
    await slow.answer("草稿");
    hear(questions, CHANGED);
    expect(slow.asked()).toBe(1);
    stop();
  });
});

it("what is done soon after a word is done, however many words follow", () => {
  vi.useFakeTimers();
  const done: number[] = [];
  const { result } = renderHook(() => useSoon(1000));
  for (let word = 1; word <= 30; word++) {
    result.current(() => done.push(word));
    vi.advanceTimersByTime(100);
  }
  expect(done).toEqual([10, 20, 30]);
});
