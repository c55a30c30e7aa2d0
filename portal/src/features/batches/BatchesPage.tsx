/** What the user ordered for many documents at once, with a result for each. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { App, Button } from "antd";
import { useState } from "react";
import { ask, BACKGROUND, json, send, type Schemas } from "@/api/client";
import { asProblem } from "@/api/problems";
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import { shortTime } from "@/parts/times";
import "./batches.css";

type Summary = Schemas["BatchSummary"];
const ACTIONS: Record<string, string> = { declare: "申报", stage: "暂存到单一窗口", delete: "删除" };
const STATES: Record<string, [string, string]> = { running: ["进行中", "busy"], finished: ["已完成", "good"], cancelled: ["已停止", "still"] };
const ITEMS: Record<string, [string, string]> = {
  waiting: ["等待", "still"],
  done: ["完成", "good"],
  refused: ["未办", "bad"],
  stale: ["已被他人修改", "warn"],
  cancelled: ["已取消", "still"],
};

export function BatchesPage(): React.ReactNode {
  const [open, setOpen] = useState<Summary | null>(null);
  const list = useQuery({
    queryKey: ["batches"],
    queryFn: () => ask<{ items: Summary[] }>("/v1/batches?limit=50", { headers: BACKGROUND }),
    refetchInterval: (query) => (query.state.data?.items.some((each) => each.state === "running") ? 1500 : false),
  });
  const items = list.data?.items ?? [];
  return (
    <div className="batches">
      <h1>批量办理</h1>
      {list.isError && <ProblemView error={list.error} again={() => void list.refetch()} />}
      {list.data && items.length === 0 && <p className="quiet card batches-none">还没有批量办理过。在任一查询列表里选中多份单证，即可一次申报、暂存、打印或删除。</p>}
      {items.length > 0 && (
        <div className="batches-two">
          <div className="card">
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">时间</th>
                  <th scope="col">办理</th>
                  <th scope="col">状态</th>
                  <th scope="col">完成</th>
                  <th scope="col">未办</th>
                </tr>
              </thead>
              <tbody>
                {items.map((each) => {
                  const [label, tone] = STATES[each.state] ?? [each.state, "still"];
                  return (
                    <tr key={each.id} aria-selected={open?.id === each.id}>
                      <td>{shortTime(each.ordered_at)}</td>
                      <td>
                        <button type="button" className="linklike" onClick={() => setOpen(each)}>
                          {ACTIONS[each.action]} {each.counts.total} 份{KINDS[each.kind as KindName].label}
                        </button>
                      </td>
                      <td>
                        <span className="state" data-tone={tone}>{label}</span>
                      </td>
                      <td>{each.counts.done ?? 0}</td>
                      <td>{(each.counts.refused ?? 0) + (each.counts.stale ?? 0)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
          {open && <Detail summary={open} />}
        </div>
      )}
    </div>
  );
}

function Detail({ summary }: { summary: Summary }): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const batch = useQuery({
    queryKey: ["batches", summary.id],
    queryFn: () => ask<Schemas["BatchDetail"]>(`/v1/batches/${summary.id}?limit=200`, { headers: BACKGROUND }),
    refetchInterval: (query) => (query.state.data?.state === "running" ? 1200 : false),
  });
  const order = (what: "retry" | "cancel"): void =>
    void send(`/v1/batches/${summary.id}/${what}`, json("POST", {}))
      .then(() => queries.invalidateQueries({ queryKey: ["batches"] }))
      .catch((error: unknown) => void message.error(asProblem(error).message));
  const bad = batch.data?.items.some((item) => item.status === "refused" || item.status === "stale");
  return (
    <section className="card batches-detail">
      <header>
        <h2>{ACTIONS[summary.action]}的结果</h2>
        {batch.data?.state === "running" && <Button onClick={() => order("cancel")}>停止其余的</Button>}
        {bad && batch.data?.state !== "running" && <Button onClick={() => order("retry")}>未办的再试一次</Button>}
      </header>
      {batch.isError && <ProblemView error={batch.error} />}
      <table className="plain-table">
        <tbody>
          {batch.data?.items.map((item) => {
            const [label, tone] = ITEMS[item.status] ?? [item.status, "still"];
            const detail = item.problem as { detail?: string; errors?: { message?: string }[] } | null;
            return (
              <tr key={item.id}>
                <td>
                  <Link to="/$system/$kind/$id" params={{ system: "z8", kind: KINDS[summary.kind as KindName].url, id: item.id }}>
                    {item.internal_no}
                  </Link>
                </td>
                <td>
                  <span className="state" data-tone={tone}>{label}</span>
                </td>
                <td className="quiet">{detail?.errors?.[0]?.message ?? detail?.detail}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
