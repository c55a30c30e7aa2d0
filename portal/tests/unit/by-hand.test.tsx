/** What a person says of a document by hand: sent as the API takes it, and only when it is complete. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { App } from "antd";
import { Suspense } from "react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadCodes, type CodeTable } from "@/catalogue/codes";
import { loadKind } from "@/catalogue/kinds";
import type { Kind } from "@/catalogue/types";
import type { Doc, Step } from "@/features/document-page/answers";
import { answersIn, AssignDialog } from "@/features/document-page/AssignDialog";
import { MarkDialog } from "@/features/document-page/MarkDialog";
import { ResolveDialog } from "@/features/document-page/ResolveDialog";

const DOC = { id: "7", version: 3, internal_no: "QD-7", numbers: {} } as unknown as Doc;
const sent: { path: string; seen: string | null; body: unknown }[] = [];
const closed = vi.fn();
let kind: Kind;
let codes: Map<string, CodeTable>;

beforeAll(async () => {
  configure({ asyncUtilTimeout: 60_000 });
  [kind, codes] = await Promise.all([loadKind("inventory"), loadCodes()]);
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push({ path: new URL(request.url).pathname, seen: request.headers.get("If-Match"), body: await request.json() });
    return new Response("{}", { status: 200, headers: { "Content-Type": "application/json" } });
  });
});
afterEach(() => {
  cleanup();
  sent.length = 0;
  closed.mockClear();
});

function open(dialog: React.ReactNode): void {
  const queries = new QueryClient();
  queries.setQueryData(["codes"], codes);
  render(
    <QueryClientProvider client={queries}>
      <App>
        <Suspense>{dialog}</Suspense>
      </App>
    </QueryClientProvider>,
  );
}

const type = (label: string, value: string): void => void fireEvent.change(screen.getByLabelText(label), { target: { value } });
const confirm = (): HTMLButtonElement => document.querySelector<HTMLButtonElement>(".ant-modal-footer .ant-btn-primary") as HTMLButtonElement;

describe("登记", () => {
  it("sends the fields that were filled, with what they rest on", async () => {
    open(<MarkDialog kind={kind} doc={DOC} onClose={closed} />);
    type("对应报关单编号", "310520261050000123");
    expect(confirm().disabled).toBe(true);
    type("依据", "单一窗口报关单查询页");
    fireEvent.click(confirm());
    await waitFor(() => expect(closed).toHaveBeenCalled());
    expect(sent).toEqual([
      { path: "/v1/inventories/7/marks", seen: '"3"', body: { fields: { entry_no: "310520261050000123" }, reason: "单一窗口报关单查询页" } },
    ]);
  });
});

describe("认定", () => {
  it("of what was received needs its 统一编号", async () => {
    open(<ResolveDialog kind={kind} doc={DOC} onClose={closed} />);
    type("依据", "已在官方页面查询");
    fireEvent.click(screen.getByLabelText("单一窗口已接收"));
    expect(confirm().disabled).toBe(true);
    type("统一编号", "202600000000777001");
    fireEvent.click(confirm());
    await waitFor(() => expect(closed).toHaveBeenCalled());
    expect(sent).toEqual([
      { path: "/v1/inventories/7/resolutions", seen: '"3"', body: { outcome: "received", seq_no: "202600000000777001", reason: "已在官方页面查询" } },
    ]);
  });
  it("of what was not received needs none", async () => {
    open(<ResolveDialog kind={kind} doc={DOC} onClose={closed} />);
    fireEvent.click(screen.getByLabelText(/没有收到/));
    expect(confirm().disabled).toBe(true);
    type("依据", "查询无记录");
    fireEvent.click(confirm());
    await waitFor(() => expect(closed).toHaveBeenCalled());
    expect(sent.map(({ body }) => body)).toEqual([{ outcome: "not_received", reason: "查询无记录" }]);
  });
});

describe("an answer that nobody could place", () => {
  it("stands first and is given to the sending that a person names", async () => {
    const told = (fact_id: string, attempt_no: number | null, type = "receipt"): Step =>
      ({ version: 1, attempt_no, fact: { fact_id, attempt_no, type, text: `回执${fact_id}`, authority_at: null, reasons: [] } }) as unknown as Step;
    const steps = [told("a", 1), told("s", 2, "signed"), told("b", null), told("c", 2)];
    expect(answersIn(steps).map((fact) => fact.fact_id)).toEqual(["b", "c", "a"]);
    open(<AssignDialog kind={kind} doc={DOC} steps={steps} onClose={closed} />);
    expect(confirm().disabled).toBe(true);
    fireEvent.change(screen.getByLabelText("属于"), { target: { value: "1" } });
    type("依据", "报文编号一致");
    fireEvent.click(confirm());
    await waitFor(() => expect(closed).toHaveBeenCalled());
    expect(sent).toEqual([{ path: "/v1/inventories/7/resolutions", seen: '"3"', body: { fact_id: "b", attempt_no: 1, reason: "报文编号一致" } }]);
  });
});
