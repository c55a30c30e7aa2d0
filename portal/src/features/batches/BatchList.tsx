/** The user's batches, newest first, and beside them what became of each document of one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { App, Button } from "antd";
import { useState } from "react";
import { ask, BACKGROUND, json, patiently, send, type Schemas } from "@/api/client";
import { inWords } from "@/api/problems";
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { PlainTable } from "@/parts/PlainTable";
import { ProblemView } from "@/parts/ProblemView";
import { shortTime } from "@/parts/times";
import { useLiveWork } from "@/parts/useLive";
import { useMarks } from "@/parts/useMarks";
import { ACTIONS, ITEMS, STATES } from "./words";

type Summary = Schemas["BatchSummary"];
const KEY = ["batches"];
/** Beside the stream, should it be broken. */
const FALLBACK = 15_000;

export function BatchList(): React.ReactNode {
  const [open, setOpen] = useState<string | null>(null);
  const { changed, mark } = useMarks(KEY);
  useLiveWork("batch", (work) => mark(work.id));
  const list = useQuery({
    queryKey: KEY,
    queryFn: () => ask<{ items: Summary[] }>("/v1/batches?limit=50", { headers: BACKGROUND }),
    refetchInterval: (query) => (query.state.data?.items.some((each) => each.state === "running") ? FALLBACK : false),
  });
  const items = list.data?.items ?? [];
  const shown = items.find((each) => each.id === open) ?? items[0];
  if (list.isError && !list.data) return <ProblemView error={list.error} again={() => void list.refetch()} />;
  if (!list.data) return <p className="quiet" role="status">正在读取…</p>;
  if (!shown) {
    return (
      <div className="card nothing batches-none">
        <p>还没有批量办理过。</p>
        <p>
          在<Link to="/$system/$kind" params={{ system: "z8", kind: KINDS.inventory.url }}>核注清单查询</Link>
          等任一列表里选中多份单证，即可一次申报、暂存、打印或删除。
        </p>
      </div>
    );
  }
  return (
    <div className="batches-two">
      <div className="card batches-list">
        <PlainTable
          label="批量办理"
          rows={items}
          keyOf={(each) => each.id}
          chosen={(each) => each.id === shown.id}
          changed={(each) => changed.has(each.id)}
          columns={[
            { title: "时间", cell: (each) => shortTime(each.ordered_at), whole: true },
            {
              title: "办理",
              cell: (each) => (
                <button type="button" className="linklike" aria-pressed={each.id === shown.id} onClick={() => setOpen(each.id)}>
                  {ACTIONS[each.action]} {each.counts.total} 份{KINDS[each.kind as KindName].label}
                </button>
              ),
            },
            { title: "状态", cell: (each) => <Tone word={STATES[each.state]} code={each.state} /> },
            { title: "完成", cell: (each) => each.counts.done ?? 0, figures: true },
            { title: "未办", cell: (each) => (each.counts.refused ?? 0) + (each.counts.stale ?? 0), figures: true },
          ]}
        />
      </div>
      <Detail summary={shown} />
    </div>
  );
}

function Tone({ word, code }: { word: [string, string] | undefined; code: string }): React.ReactNode {
  const [label, tone] = word ?? [code, "still"];
  return (
    <span className="state" data-tone={tone}>
      {label}
    </span>
  );
}

function Detail({ summary }: { summary: Summary }): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const batch = useQuery({
    queryKey: [...KEY, summary.id],
    queryFn: () => ask<Schemas["BatchDetail"]>(`/v1/batches/${summary.id}?limit=200`, { headers: BACKGROUND }),
    refetchInterval: (query) => (query.state.data?.state === "running" ? FALLBACK : false),
  });
  const order = (what: "retry" | "cancel"): void => {
    const asked = json("POST", {});
    patiently(() => send(`/v1/batches/${summary.id}/${what}`, asked))
      .then(() => queries.invalidateQueries({ queryKey: KEY }))
      .catch((error: unknown) => void message.error(inWords(error)));
  };
  const items = batch.data?.items ?? [];
  const bad = items.some((item) => item.status === "refused" || item.status === "stale");
  const link = (item: (typeof items)[number]): React.ReactNode => (
    <Link to="/$system/$kind/$id" params={{ system: "z8", kind: KINDS[summary.kind as KindName].url, id: item.id }}>
      {item.internal_no ?? "（已删除）"}
    </Link>
  );
  return (
    <section className="card batches-detail" aria-label="结果">
      <header>
        <h2>{ACTIONS[summary.action]}的结果</h2>
        {batch.data?.state === "running" && <Button onClick={() => order("cancel")}>停止其余的</Button>}
        {bad && batch.data?.state !== "running" && <Button onClick={() => order("retry")}>未办的再试一次</Button>}
      </header>
      {batch.isError && !batch.data && <ProblemView error={batch.error} again={() => void batch.refetch()} />}
      <PlainTable
        label="每份单证的结果"
        rows={items}
        keyOf={(item) => item.id}
        columns={[
          { title: "企业内部编号", cell: (item) => (summary.action === "delete" && item.status === "done" ? item.internal_no : link(item)), whole: true },
          { title: "结果", cell: (item) => <Tone word={ITEMS[item.status]} code={item.status} /> },
          { title: "原因", cell: (item) => reason(item.problem), quiet: true },
        ]}
      />
      {(batch.data?.counts.total ?? 0) > items.length && <p className="quiet batches-more">只显示前 {items.length} 份</p>}
    </section>
  );
}

function reason(problem: unknown): string {
  const told = problem as { detail?: string; title?: string; errors?: { message?: string }[] } | null;
  const errors = told?.errors ?? [];
  const first = errors[0]?.message;
  return first ? `${first}${errors.length > 1 ? `（共${errors.length}处）` : ""}` : (told?.detail ?? told?.title ?? "");
}
