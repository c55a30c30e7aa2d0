/** What needs somebody now, what was done last, and where to begin. */
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ask, BACKGROUND, type Schemas } from "@/api/client";
import { whoAmI } from "@/api/session";
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import { StateTag } from "@/parts/StateTag";
import { shortTime } from "@/parts/times";
import { useRecent } from "@/parts/recent";
import { useLive, useSoon } from "@/parts/useLive";
import { Expiring, useExpiring } from "./Expiring";
import "./home.css";

const MINE: KindName[] = ["inventory", "business_form", "stock_bill", "gate_pass"];
/** Each list there is: a kind under a system. */
const LISTS = (["z8", "z7"] as const).flatMap((system) => MINE.map((kind) => ({ system, kind })));

type Counts = { states: { state: string; label: string; count: number }[]; overdue: number; needs_operator: number; review_requested: number; total: number };
type Item = { id: string; kind: string; internal_no: string; state: string; state_label: string; updated_at: string; system: string };

/** Each thing that waits: of which states, and the condition that lists it. */
const NEEDS: { label: string; hint: string; tone: string; count: (counts: Counts) => number; search: Record<string, unknown> }[] = [
  { label: "退单", hint: "按原因修改后重新申报", tone: "bad", count: (counts) => of(counts, "returned"), search: { state: ["returned"] } },
  { label: "被拒收", hint: "单一窗口拒收，或未能送达；按原因改正后重发", tone: "bad", count: (counts) => of(counts, "failed") + of(counts, "registration_failed"), search: { state: ["failed", "registration_failed"] } },
  { label: "结果不明", hint: "核对单一窗口后处理", tone: "warn", count: (counts) => of(counts, "unknown"), search: { state: ["unknown"] } },
  { label: "逾期未答复", hint: "超过应有的时间没有回执", tone: "warn", count: (counts) => counts.overdue, search: { overdue: "true" } },
  { label: "待复核", hint: "复核通过后才能申报", tone: "busy", count: (counts) => counts.review_requested, search: { review: "requested" } },
  { label: "待人工认定", hint: "回执归属不能确定", tone: "warn", count: (counts) => counts.needs_operator, search: { needs_operator: "true" } },
  { label: "转人工", hint: "海关正在人工审核", tone: "still", count: (counts) => of(counts, "manual_review"), search: { state: ["manual_review"] } },
  { label: "草稿", hint: "还没有申报", tone: "still", count: (counts) => of(counts, "draft") + of(counts, "stored"), search: { state: ["draft", "stored"] } },
];

function of(counts: Counts, state: string): number {
  return counts.states.find((each) => each.state === state)?.count ?? 0;
}

export function HomePage(): React.ReactNode {
  const queries = useQueryClient();
  const session = useQuery({ queryKey: ["session"], queryFn: whoAmI, staleTime: Infinity });
  const may = (permission: string): boolean => session.data?.permissions.some((each) => each.code === permission) ?? false;
  const counts = useQueries({
    queries: LISTS.map(({ system, kind }) => ({
      queryKey: ["counts", KINDS[kind].url, "home", system],
      queryFn: () => ask<Counts>(`/v1/${KINDS[kind].url}/counts?system=${system.toUpperCase()}`, { headers: BACKGROUND }),
    })),
  });
  const latest = useQueries({
    queries: MINE.map((kind) => ({
      queryKey: ["latest", KINDS[kind].url],
      queryFn: () => ask<{ items: Item[] }>(`/v1/${KINDS[kind].url}?limit=12`, { headers: BACKGROUND }),
    })),
  });
  const { recent } = useRecent();
  const mine = useQueries({
    queries: recent.map(({ kind, id, internal_no }) => ({
      queryKey: ["latest", KINDS[kind].url, id],
      queryFn: async () => {
        const { items } = await ask<{ items: Item[] }>(`/v1/${KINDS[kind].url}?${new URLSearchParams({ internal_no, limit: "20" })}`, { headers: BACKGROUND });
        return items.find((each) => each.id === id) ?? null;
      },
    })),
  }).flatMap((each) => each.data ?? []);
  const unmatched = useQuery({
    queryKey: ["receipts", "unmatched", "home"],
    queryFn: () => ask<Schemas["KeptFiles"]>("/v1/receipts?state=unmatched&limit=50", { headers: BACKGROUND }),
    enabled: may("receipt.read"),
  });
  const expiring = useExpiring(may);
  const documentsSoon = useSoon(1500);
  const receiptsSoon = useSoon(1500);
  useLive((told) => {
    if (told.event === "change") documentsSoon(() => ["counts", "latest", "gatherings"].forEach((name) => void queries.invalidateQueries({ queryKey: [name] })));
    else if (told.event === "work" && told.work.kind === "receipt") receiptsSoon(() => void queries.invalidateQueries({ queryKey: ["receipts"] }));
  });

  const needs = NEEDS.map((need) => ({
    ...need,
    kinds: LISTS.map((list, at) => ({ ...list, count: counts[at]?.data ? need.count(counts[at].data) : 0 })).filter(({ count }) => count > 0),
  })).filter(({ kinds }) => kinds.length > 0);
  const lost = unmatched.data?.items.length ?? 0;
  const items = latest
    .flatMap((each) => each.data?.items ?? [])
    .filter((each) => !mine.some((own) => own.id === each.id))
    .sort((a, b) => b.updated_at.localeCompare(a.updated_at))
    .slice(0, 16 - mine.length);
  const known = counts.every((each) => each.isSuccess);
  const failed = counts.find((each) => each.isError);

  return (
    <div className="home">
      <h1>{session.data ? `${session.data.name}，${greeting()}` : greeting()}</h1>
      <div className="home-two">
        <div className="home-now">
          <section className="card">
            <h2>现在需要处理</h2>
            <ul className="needs">
              {needs.map((need) => (
                <li key={need.label} data-tone={need.tone}>
                  <b>{need.label}</b>
                  <span className="quiet">{need.hint}</span>
                  <span className="needs-kinds">
                    {need.kinds.map(({ system, kind, count }) => (
                      <Link key={system + kind} to="/$system/$kind" params={{ system, kind: KINDS[kind].url }} search={need.search}>
                        {KINDS[kind].label}
                        {system === "z7" && "（Z7）"} <strong>{count}</strong>
                      </Link>
                    ))}
                  </span>
                </li>
              ))}
              {lost > 0 && (
                <li data-tone="warn">
                  <b>无主回执</b>
                  <span className="quiet">不知道属于哪份单证</span>
                  <span className="needs-kinds">
                    <Link to="/receipts">
                      查看并指定 <strong>{lost === 50 ? "50+" : lost}</strong>
                    </Link>
                  </span>
                </li>
              )}
            </ul>
            {failed && <ProblemView error={failed.error} again={() => void failed.refetch()} />}
            {known && needs.length === 0 && lost === 0 && (
              <p className="quiet">没有等您处理的事。退单、被拒收、逾期未答复、待复核的单证和无主回执会出现在这里。</p>
            )}
          </section>
          {expiring.known && <Expiring {...expiring} />}
        </div>
        <section className="card">
          {mine.length > 0 && (
            <>
              <h2>我最近的单证</h2>
              <Latest items={mine} />
            </>
          )}
          <h2>{mine.length > 0 ? "本单位其他最近的单证" : "最近的单证"}</h2>
          {items.length === 0 && mine.length > 0 ? (
            <p className="quiet">没有其他的单证。</p>
          ) : items.length === 0 && known ? (
            <p className="quiet">
              还没有单证。从左边的“数据录入”开始，例如
              <Link to="/$system/$kind/new" params={{ system: "z8", kind: KINDS.inventory.url }} search={{ direction: "I" }}>
                保税核注清单（进口）
              </Link>
              。右上角的“帮助”里有第一次的步骤。
            </p>
          ) : (
            <Latest items={items} />
          )}
        </section>
      </div>
    </div>
  );
}

function Latest({ items }: { items: Item[] }): React.ReactNode {
  return (
    <table className="home-latest">
      <tbody>
        {items.map((item) => (
          <tr key={item.id}>
            <td className="quiet">{KINDS[item.kind as KindName].label}</td>
            <td>
              <Link to="/$system/$kind/$id" params={{ system: item.system.toLowerCase(), kind: KINDS[item.kind as KindName].url, id: item.id }}>
                {item.internal_no}
              </Link>
            </td>
            <td>
              <StateTag state={item.state} label={item.state_label} />
            </td>
            <td className="quiet">{shortTime(item.updated_at)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function greeting(): string {
  const hour = Number(new Intl.DateTimeFormat("en", { timeZone: "Asia/Shanghai", hour: "numeric", hour12: false }).format(new Date()));
  if (hour < 11) return "早上好";
  return hour < 13 ? "中午好" : hour < 18 ? "下午好" : "晚上好";
}
