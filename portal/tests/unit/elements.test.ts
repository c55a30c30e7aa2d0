/** 申报要素: one text, a box for each part. */
import { describe, expect, it } from "vitest";
import { namesFor, namesIn, partsOf, withPart } from "@/fields/elements";

describe("申报要素", () => {
  it("are parted by bars and put together again", () => {
    expect(partsOf("4|3|用途")).toEqual(["4", "3", "用途"]);
    expect(withPart("4|3|用途", 1, "0")).toBe("4|0|用途");
    expect(withPart("4", 3, "甲")).toBe("4|||甲");
    expect(withPart("4|3|用途", 2, "")).toBe("4|3");
  });
  it("go on to the next box behind a bar, and fill the boxes from a paste", () => {
    expect(withPart("4", 0, "4|")).toBe("4");
    expect(withPart("", 0, "4|3|芯片")).toBe("4|3|芯片");
  });
  it("have the names that were given for the goods code", () => {
    expect(namesIn("1:品名;2:品牌类型;3:出口享惠情况")).toEqual(["品名", "品牌类型", "出口享惠情况"]);
    expect(namesIn("用途")).toBeNull();
    expect(namesFor("4|3|芯片", ["品名", "品牌类型", "出口享惠情况", "用途"])).toHaveLength(4);
    expect(namesFor("4|3|芯片", undefined)).toEqual(["品牌类型", "出口享惠情况", ""]);
    expect(namesFor("型号:A", undefined)).toEqual([""]);
  });
});
