import { describe, expect, it } from "vitest";
import { quickDates } from "@/features/query/conditions";

describe("quick dates", () => {
  it("reach over the ends of months and years", () => {
    const of = (today: string): Record<string, string> => Object.fromEntries(quickDates(today).map(([label, from, to]) => [label, `${from}-${to}`]));
    expect(of("20260101")).toMatchObject({
      今天: "20260101-20260101",
      昨天: "20251231-20251231",
      近7天: "20251226-20260101",
      本月: "20260101-20260101",
      上月: "20251201-20251231",
      去年: "20250101-20251231",
    });
    expect(of("20280301").上月).toBe("20280201-20280229");
    expect(of("20261231").今年).toBe("20260101-20261231");
  });
});
