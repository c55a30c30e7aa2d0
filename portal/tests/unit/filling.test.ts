/** What follows from a firm's code, and what a list brings. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Kind } from "@/catalogue/types";
import { Entry } from "@/features/entry/entry";
import { layoutOf } from "@/kinds/layouts";
import stockBill from "@/generated/catalogue/stock_bill.json";

const kind = stockBill as unknown as Kind;
const FIRMS: Record<string, { name: string; uscc: string }> = {
  "3105910001": { name: "甲公司", uscc: "91310000000000001X" },
  "3105910002": { name: "乙公司", uscc: "91310000000000002X" },
};

/** /v1/fill as the server does it: what is absent of a firm that is known by its code. */
vi.mock("@/api/client", async (real) => ({
  ...(await real<object>()),
  ask: (path: string, init: { body: string }) => {
    if (path !== "/v1/fill") return Promise.reject(new Error(path));
    const { head } = (JSON.parse(init.body) as { document: { head: Record<string, string> } }).document;
    const firm = FIRMS[head.area_code ?? ""];
    const filled = firm
      ? (["name", "uscc"] as const)
          .filter((part) => !head[`area_${part}`])
          .map((part) => ({ pointer: `/head/area_${part}`, value: firm[part], source: { label: "企业资料" } }))
      : [];
    return Promise.resolve({ filled, prompts: [] });
  },
}));

function entered(head: Record<string, string>, goods: Record<string, string>[] = []): Entry {
  const doc = { head, goods };
  return new Entry(kind, layoutOf(kind), new Map(), "z8", "u", new Set(), "I", { doc, whole: null });
}

describe("a line", () => {
  it("that was emptied, the only one there is, brings nothing", async () => {
    const entry = entered({}, [{}]);
    await expect(entry.fill(["/goods/0/hs_code"])).resolves.toBeUndefined();
  });
});

afterEach(() => vi.restoreAllMocks());

describe("a block of a firm", () => {
  it("is filled from one code, and follows when the code becomes another", async () => {
    const entry = entered({ area_code: "3105910001" });
    await entry.fill(["/head/area_code"]);
    expect(entry.store.value("head", null, "area_name")).toBe("甲公司");
    entry.store.set("head", null, "area_code", "3105910002");
    await entry.fill(["/head/area_code"]);
    expect(entry.store.value("head", null, "area_name")).toBe("乙公司");
    expect(entry.store.value("head", null, "area_uscc")).toBe("91310000000000002X");
  });
  it("loses what an old code brought when nobody knows the new one", async () => {
    const entry = entered({ area_code: "3105910001" });
    await entry.fill(["/head/area_code"]);
    entry.store.set("head", null, "area_code", "9999999999");
    await entry.fill(["/head/area_code"]);
    expect(entry.store.value("head", null, "area_name")).toBe("");
  });
  it("keeps what a clerk typed", async () => {
    const entry = entered({ area_code: "3105910001", area_name: "手写的名称" });
    await entry.fill(["/head/area_code"]);
    expect(entry.store.value("head", null, "area_name")).toBe("手写的名称");
  });
});

describe("what is taken from a list", () => {
  it("brings a firm whole, and to a line only what it lacks; one step that can be undone", () => {
    const entry = entered({ area_code: "3105910001", area_name: "甲公司" });
    entry.fillFrom("/head/area_code", { value: "3105910002", label: "乙公司", also: { area_name: "乙公司", area_uscc: "" } });
    expect(entry.store.value("head", null, "area_name")).toBe("乙公司");
    entry.store.undo();
    expect(entry.store.value("head", null, "area_code")).toBe("3105910001");
    entry.store.change("新增一行", [{ op: "splice", section: "goods", at: 0, remove: 0, insert: [{ name: "已写的" }] }]);
    entry.fillFrom("/goods/0/material_no", { value: "M-1", label: "", also: { name: "资料里的", hs_code: "8542310000", strange: "x" } });
    expect(entry.store.doc().goods).toEqual([{ name: "已写的", material_no: "M-1", hs_code: "8542310000" }]);
  });
});
