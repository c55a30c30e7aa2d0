/** What a newcomer meets on an empty page: a book that fills the firm, common names, what is still missing, no lost letter. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { App } from "antd";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { inWords, Problem, problemOf } from "@/api/problems";
import { loadCodes, type CodeTable } from "@/catalogue/codes";
import { loadKind } from "@/catalogue/kinds";
import type { Kind } from "@/catalogue/types";
import { missingIn } from "@/document/checks";
import { withoutPlace } from "@/features/entry/CheckList";
import { Entry } from "@/features/entry/entry";
import { finderOf } from "@/features/entry/finders";
import { GridPart } from "@/features/entry/GridPart";
import { totalsOf } from "@/features/entry/totals";
import { choicesIn } from "@/fields/choices";
import { firmOf, labelOf } from "@/kinds/layout";
import { layoutOf } from "@/kinds/layouts";

const BOOK = "T3105W000001";
const LAST = { operating_code: "3105W60ABC", operating_name: "示例保税物流有限公司", supervising_customs: "3105", border_customs: "3104" };

vi.mock("@/api/client", async (real) => ({
  ...(await real<object>()),
  ask: (path: string) => {
    const answers: Record<string, unknown> = {
      "/v1/ledgers": { items: [{ book_no: BOOK, name: "示例账册", lines: 5, valid_until: null }] },
      [`/v1/inventories?book_no=${BOOK}&limit=2`]: { items: [{ id: "7" }] },
      "/v1/inventories/7": { internal_no: "QD-7", document: { head: LAST } },
      "/v1/fill": { filled: [], prompts: [] },
    };
    return path in answers ? Promise.resolve(answers[path]) : Promise.reject(new Error(path));
  },
}));

let kind: Kind;
let codes: Map<string, CodeTable>;
beforeAll(async () => {
  [kind, codes] = await Promise.all([loadKind("inventory"), loadCodes()]);
});
afterEach(cleanup);

function entered(head: Record<string, string>, may = ["ledger.read"]): Entry {
  return new Entry(kind, layoutOf(kind), codes, "z8", "u", new Set(may), "I", { doc: { head, goods: [] }, whole: null });
}

describe("the 账册", () => {
  it("is offered by its number and by its name, to whoever may see it", async () => {
    const head = kind.sections[0]!;
    const finder = finderOf(entered({}), head, "book_no");
    expect(await finder?.find("示例", {})).toEqual([{ value: BOOK, label: "示例账册", detail: "5 项商品" }]);
    expect(await finder?.find("t3105", {})).toHaveLength(1);
    expect(await finder?.find("H", {})).toEqual([]);
    expect(finderOf(entered({}, []), head, "book_no")).toBeNull();
  });
  it("brings firm and customs of the last document on it, where nothing stands, and says from where", async () => {
    const entry = entered({ book_no: BOOK, operating_name: "手写的名称" });
    await entry.fill(["/head/book_no"]);
    const value = (name: string): string => entry.store.value("head", null, name);
    expect(value("operating_code")).toBe(LAST.operating_code);
    expect(value("operating_name")).toBe("手写的名称");
    expect(value("supervising_customs")).toBe("3105");
    expect(value("border_customs")).toBe("");
    expect(entry.store.reasonAt("/head/operating_code")).toContain("QD-7");
    entry.store.undo();
    expect(value("operating_code")).toBe("");
  });
});

describe("a code by its common name", () => {
  it("is found by the longest beginning that the table knows", () => {
    const found = choicesIn(codes.get("customs_districts"), "外高桥港");
    expect(found.map((one) => one.label)).toEqual(["外高桥关"]);
    expect(choicesIn(codes.get("transport_modes"), "火箭")).toEqual([]);
  });
});

describe("what is still missing", () => {
  it("is told of an empty page, and nothing of what is filled in", () => {
    const missing = missingIn(kind, { head: { inventory_type: "0", book_no: BOOK }, goods: [{}] }, "goods");
    expect(missing).toContain("/head/operating_code");
    expect(missing).toContain("/goods");
    expect(missing).not.toContain("/head/book_no");
    expect(missingIn(kind, { head: {}, goods: [{ name: "a" }] }, "goods")).not.toContain("/goods");
  });
  it("says nothing twice that is told as a problem, nor what the server fills in later", () => {
    const entry = entered({});
    expect(entry.missing()).not.toContain("/head/input_code");
    entry.store.found({ errors: [{ pointer: "/head/book_no", code: "required", message: "", hint: null }], warnings: [] });
    expect(entry.missing()).not.toContain("/head/book_no");
  });
});

describe("the first line", () => {
  it.each(["click", "Enter"])("has the focus before the next letter comes (%s)", (how) => {
    const entry = entered({});
    const section = kind.sections.find((one) => one.name === "goods")!;
    render(
      <QueryClientProvider client={new QueryClient()}>
        <App>
          <GridPart entry={entry} section={section} layout={entry.layout.grids.goods!} readOnly={false} onLeave={() => undefined} />
        </App>
      </QueryClientProvider>,
    );
    const sentence = screen.getByText(/按 Enter 新增一行/);
    if (how === "click") fireEvent.click(sentence);
    else fireEvent.keyDown(sentence, { key: "Enter" });
    expect((document.activeElement as HTMLInputElement).getAttribute("aria-label")).toContain("第1行");
  });
});

describe("words", () => {
  it("are the catalogue's on every page, but where the official page has one for each direction", () => {
    const { directed } = layoutOf(kind);
    expect(directed).toBeDefined();
    expect(labelOf(layoutOf(kind), { name: "border_customs", label: "进出境关别" }, "E")).toBe("出境关别");
    expect(labelOf(layoutOf(kind), { name: "book_no", label: "手(账)册编号" }, "I")).toBe("手(账)册编号");
    expect(firmOf("经营企业社会信用代码")).toBe("经营企业");
  });
  it("of a failed server say what to do and by which number it is found", () => {
    const told = inWords(problemOf(500, "r-1"));
    for (const part of ["服务器出错", "客服", "r-1"]) expect(told).toContain(part);
    const body = { title: "请求内容有误", status: 422, detail: "共有2处需要改正", code: "invalid_request", hint: "请按errors中逐条列出的位置改正", errors: [{}] };
    expect(inWords(new Problem(body))).toBe("共有2处需要改正");
  });
});

describe("sums below the table", () => {
  it("add up no dollars and euros", () => {
    const section = kind.sections.find((one) => one.name === "goods")!;
    const rows = [
      { quantity: "2", total_price: "1000.50", currency: "502" },
      { quantity: "3", total_price: "20", currency: "300" },
      { quantity: "", total_price: "1", currency: "502" },
    ];
    const told = Object.fromEntries(totalsOf(section, layoutOf(kind).grids.goods!, rows, codes));
    expect(told["申报数量"]).toBe("5");
    expect(told["申报总价"]).toBe("1,001.5 美元 + 20 欧元");
    expect(Object.fromEntries(totalsOf(section, layoutOf(kind).grids.goods!, [], codes))["申报总价"]).toBe("0");
  });
});

describe("the list of problems", () => {
  it("names a place once", () => {
    expect(withoutPlace("表体第4行「法定计量单位」未填写", "表体第4行")).toBe("「法定计量单位」未填写");
    expect(withoutPlace("「监管方式」未填写", "表头")).toBe("「监管方式」未填写");
  });
});
