import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Alert, App, Button } from "antd";
import { useEffect, useState } from "react";
import { ask } from "@/api/client";
import { waitFor } from "@/api/live";
import { inWords } from "@/api/problems";
import { whoAmI } from "@/api/session";
import { kindOfUrl } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { download } from "@/parts/files";
import { useKeyHelp } from "@/parts/KeyHelp";
import { PrintDialog, type PrintOrder } from "@/parts/PrintDialog";
import { ProblemView } from "@/parts/ProblemView";
import { StateTag } from "@/parts/StateTag";
import { useRecent } from "@/parts/recent";
import { useKind } from "@/parts/useKind";
import { ActionBar } from "./ActionBar";
import { ActionDialog } from "./ActionDialog";
import { SPECS, type ActionSpec } from "./actions";
import type { Actions, Doc, Relation, Step } from "./answers";
import { answersIn, AssignDialog } from "./AssignDialog";
import { AttachmentList } from "./AttachmentList";
import { Content } from "./Content";
import { MakeDialog } from "./MakeDialog";
import { MarkDialog } from "./MarkDialog";
import { Messages } from "./Messages";
import { Readers } from "./Readers";
import { Relations } from "./Relations";
import { ResolveDialog } from "./ResolveDialog";
import { SupportDialog } from "./SupportDialog";
import { Timeline } from "./Timeline";
import { Versions } from "./Versions";
import "./aside.css";
import "./document-page.css";

const TABS = ["内容", "报文", "版本", "随附单据"] as const;
const KEYS = {
  title: "单证页",
  keys: [
    ["Ctrl+Enter", "申报"],
    ["Ctrl+P", "打印"],
    ["1+…+4", "内容、报文、版本、随附单据"],
  ] as [string, string][],
};

type Told<T> = { items: T[]; stale: boolean };

function againWhereStale(query: { state: { data?: Told<unknown> } }): number | false {
  return query.state.data?.stale ? 1_000 : false;
}

export function DocumentPage(): React.ReactNode {
  const { system, kind: url, id } = useParams({ from: "/$system/$kind/$id" });
  const kind = useKind(kindOfUrl(url) as KindName);
  const path = `/v1/${url}/${id}`;
  const { message } = App.useApp();
  const [tab, setTab] = useState<(typeof TABS)[number]>("内容");
  const [spec, setSpec] = useState<ActionSpec | null>(null);
  const [making, setMaking] = useState(false);
  const [byHand, setByHand] = useState<"mark" | "resolve" | "assign" | null>(null);
  const [supporting, setSupporting] = useState(false);
  const [print, setPrint] = useState<PrintOrder | null>(null);
  const doc = useQuery({ queryKey: ["document", id, "read"], queryFn: () => ask<Doc>(path) });
  const actions = useQuery({ queryKey: ["document", id, "actions"], queryFn: () => ask<Actions>(`${path}/actions`) });
  const timeline = useQuery({
    queryKey: ["document", id, "timeline"],
    queryFn: () => ask<Told<Step>>(`${path}/timeline`, { headers: waitFor(id, doc.data?.version) }),
    refetchInterval: againWhereStale,
  });
  const relations = useQuery({
    queryKey: ["document", id, "relations"],
    queryFn: () => ask<Told<Relation>>(`${path}/relations`, { headers: waitFor(id, doc.data?.version) }),
    refetchInterval: againWhereStale,
  });
  const session = useQuery({ queryKey: ["session"], queryFn: whoAmI, staleTime: Infinity });
  useKeyHelp(KEYS);
  const { note } = useRecent();
  const seen = doc.data?.internal_no;
  useEffect(() => {
    if (seen) note({ kind: kind.name, id, internal_no: seen });
    // Once an opening: what follows from it changes nothing here.
  }, [id, seen]);

  const allowed = (action: string): boolean => actions.data?.actions.some((each) => each.action === action && each.allowed) ?? false;
  const why = (action: string): string | null => {
    const found = actions.data?.actions.find((each) => each.action === action);
    return found ? found.reason : "没有执行该操作的权限";
  };
  const order = (sheet: "document" | "receipts"): void =>
    setPrint({ title: sheet === "document" ? `打印${kind.label}` : "打印回执", path: `${path}/print-jobs`, body: { sheet } });

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.isComposing || event.keyCode === 229 || document.querySelector(".ant-modal-wrap:not([style*='none'])")) return;
      if (event.ctrlKey && event.key === "Enter" && allowed("declare")) setSpec(SPECS[0] ?? null);
      else if (event.ctrlKey && event.key === "p") order("document");
      else if (!event.ctrlKey && !event.altKey && /^[1-4]$/.test(event.key) && !(event.target as HTMLElement).closest("input, textarea, select")) setTab(TABS[Number(event.key) - 1] ?? "内容");
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });

  if (doc.isError && !doc.data) return <div className="pad"><h1 className="sr-only">{kind.label}</h1><ProblemView error={doc.error} again={() => void doc.refetch()} /></div>;
  if (!doc.data) return <div className="pad"><h1 className="sr-only">{kind.label}</h1><p className="quiet" role="status">正在读取…</p></div>;
  const data = doc.data;
  const firm = session.data?.enterprises.find((each) => each.id === data.enterprise_id);
  const numbers: [string, string | null | undefined][] = [
    ["统一编号", data.numbers.seq_no],
    [kind.columns.customs_no ?? "海关编号", data.numbers.customs_no],
    ["申报企业", firm?.name],
    ["录入", data.created_by.name],
  ];
  return (
    <div className="doc">
      <header className="doc-head">
        <div className="doc-title">
          <Link to="/$system/$kind" params={{ system, kind: url }} search={{}}>
            {kind.label}
          </Link>
          <span className="quiet" aria-hidden>/</span>
          <h1>{data.internal_no}</h1>
          <StateTag state={data.state} label={data.state_label} />
          {data.open_round && <span className="state" data-tone="busy">{data.open_round.label}</span>}
          {data.review?.status === "requested" && <span className="state" data-tone="warn">待复核</span>}
          {data.overdue && <span className="state" data-tone="bad">逾期未答复</span>}
          <Readers path={path} />
        </div>
        {actions.data && (
          <ActionBar
            kind={kind}
            doc={data}
            actions={actions.data.actions}
            onAct={setSpec}
            onPrint={order}
            onMake={() => setMaking(true)}
            onMark={() => setByHand("mark")}
            onResolve={() => setByHand("resolve")}
            onAssign={answersIn(timeline.data?.items ?? []).length > 0 ? () => setByHand("assign") : null}
            onSupport={() => setSupporting(true)}
            onExport={() => void download(`${path}/export.xlsx`).catch((error: unknown) => message.error(inWords(error)))}
          />
        )}
        <dl className="doc-numbers">
          {numbers.filter(([, value]) => value).map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </header>
      {(data.reasons.length > 0 || data.needs_operator || data.notes.length > 0) && (
        <div className="doc-alerts">
          {data.reasons.length > 0 && (
            <Alert
              type="error"
              showIcon
              title={`${data.open_round?.label ?? data.state_label}，原因：`}
              description={
                <ul className="problem-errors">
                  {data.reasons.map((reason) => (
                    <li key={reason.text}>
                      {reason.text}
                      {reason.places.map((place) => (
                        <Link key={place.pointer} to="/$system/$kind/$id/edit" params={{ system, kind: url, id }} hash={place.pointer} className="reason-place">
                          去改“{place.label}”
                        </Link>
                      ))}
                    </li>
                  ))}
                </ul>
              }
            />
          )}
          {data.needs_operator && <Alert
              type="warning"
              showIcon
              title="有回执不能确定属于哪一次发送，需要人工指定"
              action={
                allowed("assign") && (
                  <Button size="small" onClick={() => setByHand("assign")}>
                    指定
                  </Button>
                )
              }
            />}
          {data.notes.map((note) => (
            <Alert key={note} type="info" showIcon title={note} />
          ))}
        </div>
      )}
      <div className="doc-body">
        <section className="doc-main card">
          <div className="tabs" role="tablist" aria-label="单证">
            {TABS.map((name) => (
              <button key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={tab === name} aria-controls="doc-panel" className="tab" onClick={() => setTab(name)}>
                {name}
                {name === "随附单据" && data.attachments > 0 && <span className="tab-count">{data.attachments}</span>}
              </button>
            ))}
          </div>
          <div className="doc-panel" id="doc-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
            {tab === "内容" && <Content kind={kind} doc={data} />}
            {tab === "报文" && <Messages id={id} path={path} />}
            {tab === "版本" && <Versions id={id} path={path} />}
            {tab === "随附单据" && <AttachmentList path={path} doc={data} attach={why("attach")} detach={why("detach")} />}
          </div>
        </section>
        <aside className="doc-side" tabIndex={0} aria-label="进度和关联单证">
          <section className="card">
            <h2>进度</h2>
            {timeline.isError ? <ProblemView error={timeline.error} /> : <Timeline steps={timeline.data?.items ?? []} />}
          </section>
          <section className="card">
            <h2>关联单证</h2>
            {relations.isError ? <ProblemView error={relations.error} /> : relations.data && <Relations items={relations.data.items} system={system} doc={data} label={kind.label} />}
          </section>
        </aside>
      </div>
      <ActionDialog spec={spec} doc={data} kind={kind} firm={firm ? `${firm.customs_code} ${firm.name}` : ""} onClose={() => setSpec(null)} />
      {making && <MakeDialog kind={kind} doc={data} open onClose={() => setMaking(false)} />}
      {byHand === "mark" && <MarkDialog kind={kind} doc={data} onClose={() => setByHand(null)} />}
      {byHand === "resolve" && <ResolveDialog kind={kind} doc={data} onClose={() => setByHand(null)} />}
      {byHand === "assign" && <AssignDialog kind={kind} doc={data} steps={timeline.data?.items ?? []} onClose={() => setByHand(null)} />}
      {supporting && <SupportDialog path={path} onClose={() => setSupporting(false)} />}
      <PrintDialog order={print} onClose={() => setPrint(null)} />
    </div>
  );
}
