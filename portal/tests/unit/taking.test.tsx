/** How much of a document is taken for the next one, what a person takes over, and what ends soon. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, configure, fireEvent, render, renderHook, screen, waitFor } from "@testing-library/react";
import { App } from "antd";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Schemas } from "@/api/client";
import { loadKind } from "@/catalogue/kinds";
import { useExpiring } from "@/features/home/Expiring";
import { AdoptDialog } from "@/features/query/AdoptDialog";
import { orderOf, useTaking } from "@/parts/RemainingTable";
import { useRecent } from "@/parts/recent";

const gone = vi.fn();
vi.mock("@tanstack/react-router", async (real) => ({ ...(await real<object>()), useNavigate: () => gone }));

const sent: { path: string; body: unknown }[] = [];
const answers: Record<string, unknown> = {};
const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

beforeAll(() => {
  configure({ asyncUtilTimeout: 60_000 });
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (request.method !== "GET") sent.push({ path: pathname, body: await request.json() });
    return new Response(JSON.stringify(answers[pathname] ?? { id: "7", items: [] }), { headers: { "Content-Type": "application/json" } });
  });
});
afterEach(() => {
  cleanup();
  sent.length = 0;
});

function within({ children }: { children: React.ReactNode }): React.ReactNode {
  return (
    <QueryClientProvider client={new QueryClient()}>
      <App>{children}</App>
    </QueryClientProvider>
  );
}

describe("what remains", () => {
  const rows = [
    { line_no: 1, material_mark: "I", remaining: "10" },
    { line_no: 2, material_mark: null, remaining: "5" },
  ] as unknown as Schemas["RemainingRow"][];
  const of = (kind: string): Schemas["Remaining"]["by_kind"][number] => ({ kind, in_part: true, rows }) as never;
  it("is taken whole until somebody says less; a row of which nothing is taken is left out", () => {
    const { result } = renderHook(() => useTaking(rows));
    expect(result.current.inPart).toBe(false);
    expect(orderOf(of("gate_pass"), result.current)).toEqual({});
    expect(orderOf(of("stock_bill"), result.current).rows).toHaveLength(2);
    act(() => result.current.put(rows[1]!, "0"));
    expect(orderOf(of("gate_pass"), result.current)).toEqual({ rows: [{ line_no: 1, quantity: "10", material_mark: "I" }] });
  });
});

describe("a document that was declared elsewhere", () => {
  it("is taken over by its number, once everything needed is there", async () => {
    const kind = await loadKind("inventory");
    render(<AdoptDialog kind={kind} system="z8" onClose={() => undefined} />, { wrapper: within });
    const button = await screen.findByRole("button", { name: /接\s*管/ });
    expect(button).toHaveProperty("disabled", true);
    const put = (label: string, value: string): void => void fireEvent.change(screen.getByLabelText(label), { target: { value } });
    put("统一编号", "I00000000000000001");
    put("企业内部编号", "QD-1");
    put("接管原因", "客户自行申报");
    fireEvent.click(button);
    await waitFor(() => expect(gone).toHaveBeenCalled());
    expect(sent).toEqual([{ path: "/v1/inventories/adoptions", body: { seq_no: "I00000000000000001", internal_no: "QD-1", reason: "客户自行申报" } }]);
  });
});

describe("what ends soon", () => {
  const kept = (id: string, client_id: string, valid_until: string): object => ({ id, client_id, enterprise_id: null, kinds: null, valid_until, withdrawn_on: null });
  it("tells of cards and of 委托 that no later one follows", async () => {
    answers["/v1/cards"] = { items: [{ id: "c", number: "2100000000001", holder: "张三", firm_name: "示例报关行", valid_until: `${tomorrow}T00:00:00Z`, days_left: 1 }] };
    answers["/v1/authorisations"] = { items: [kept("1", "a", tomorrow), kept("2", "b", tomorrow), kept("3", "b", "2999-01-01")] };
    answers["/v1/clients"] = { items: [{ id: "a", name: "甲公司" }] };
    const { result } = renderHook(() => useExpiring(() => true), { wrapper: within });
    await waitFor(() => expect(result.current.items).toHaveLength(2));
    expect(result.current.items.map((each) => each.text).join()).toMatch(/甲公司的委托/);
    expect(result.current.items.map((each) => each.word).sort()).toEqual(["委托", "操作员卡"]);
  });
});

describe("what a person worked on", () => {
  it("stands newest first, each document once", async () => {
    const { result } = renderHook(() => useRecent(), { wrapper: within });
    for (const id of ["1", "2", "1"]) {
      act(() => result.current.note({ kind: "inventory", id, internal_no: `QD-${id}` }));
      await waitFor(() => expect(result.current.recent[0]?.id).toBe(id));
    }
    expect(result.current.recent.map((each) => each.id)).toEqual(["1", "2"]);
  });
});
