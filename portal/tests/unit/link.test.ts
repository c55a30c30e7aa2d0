import { afterEach, describe, expect, it, vi } from "vitest";
import { linkIsBack, linkNow, noteAnswer, onLink, waitingFor } from "@/api/link";
import { patiently } from "@/api/client";
import { Problem, problemOf } from "@/api/problems";

afterEach(() => {
  noteAnswer(200);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the link to the server", () => {
  it("is asked for again by itself, and goes on", async () => {
    vi.useFakeTimers();
    const answers = [Promise.reject(new TypeError("offline")), Promise.resolve({ status: 503 }), Promise.resolve({ status: 401 })];
    answers.forEach((answer) => void answer.catch(() => undefined));
    const asked = vi.fn(() => answers.shift());
    vi.stubGlobal("fetch", asked);
    const seen: string[] = [];
    const stop = onLink(() => seen.push(linkNow()));
    noteAnswer(0);
    let back = false;
    void linkIsBack().then(() => (back = true));
    await vi.advanceTimersByTimeAsync(4_100);
    expect(back).toBe(false);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(back).toBe(true);
    expect(seen).toEqual(["lost", "down", "good"]);
    expect(asked).toHaveBeenCalledTimes(3);
    stop();
  });

  it("is slow when a person waits for long, and no longer when the answer came", () => {
    vi.useFakeTimers();
    const came = waitingFor();
    vi.advanceTimersByTime(9_000);
    expect(linkNow()).toBe("slow");
    came();
    expect(linkNow()).toBe("good");
  });
});

describe("a request that may be repeated", () => {
  it("is repeated when the server is busy, as late as it asks for", async () => {
    vi.useFakeTimers();
    const busy = new Problem({ title: "忙", status: 429, detail: "忙", code: "busy" }, 3);
    const asked = vi.fn<() => Promise<string>>().mockRejectedValueOnce(busy).mockResolvedValue("好");
    const answer = patiently(asked);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(asked).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await answer).toBe("好");
  });

  it("is not repeated where the answer is a refusal", async () => {
    const asked = vi.fn(() => Promise.reject(problemOf(412)));
    await expect(patiently(asked)).rejects.toMatchObject({ status: 412 });
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
