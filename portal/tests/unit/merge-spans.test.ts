import { expect, it } from "vitest";
import { spans } from "@/features/entry/MergeDialog";

it("numbers that follow each other are told in short", () => {
  expect(spans([1, 2, 3, 7, 9, 10])).toBe("1–3、7、9–10");
  expect(spans([5])).toBe("5");
  expect(spans([])).toBe("");
});
