/** Receipts that found nobody: what they say, whom they may be for, and matching by hand. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { ask, BACKGROUND, json, patiently, send, type Schemas } from "@/api/client";
import { inWords } from "@/api/problems";
import { download } from "@/parts/files";
import { PlainTable } from "@/parts/PlainTable";
import { ProblemView } from "@/parts/ProblemView";
import { StateTag } from "@/parts/StateTag";
import { shortTime } from "@/parts/times";
import { useLive } from "@/parts/useLive";
import { useMarks } from "@/parts/useMarks";
import "./receipts.css";

type Kept = Schemas["KeptFile"];
const KEY = ["receipts"];
const STATES: [string, string][] = [
  ["unmatched", "无主回执"],
  ["unreadable", "不能读取"],
  ["incomplete", "分包未齐"],
  ["waiting", "等待中"],
  ["matched", "已匹配"],
];

/** What there is when there is nothing, and what to do. */
const NOTHING: Record<string, string> = {
  unmatched: "没有无主回执，每份回执都找到了它的单证。",
  unreadable: "没有不能读取的回执。",
  incomplete: "没有分包不齐的回执。",
  waiting: "没有正在等其余分包的回执。",
  matched: "还没有收到过回执。申报之后，回执会自动到这里和单证页。",
};

export function ReceiptsPage(): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [state, setState] = useState("unmatched");
  const [matching, setMatching] = useState<Kept | null>(null);
  const { changed, mark } = useMarks(KEY);
  const list = useQuery({
    queryKey: [...KEY, state],
    queryFn: () => ask<Schemas["KeptFiles"]>(`/v1/receipts?state=${state}&limit=100`, { headers: BACKGROUND }),
  });
  useLive((told) => {
    // A receipt that found its document at once is told as a change of the document.
    if (told.event === "change" && state === "matched") mark(null);
    else if (told.event === "work" && told.work.kind === "receipt") mark(told.work.id);
  });
  const again = useMutation({
    mutationFn: (kept: Kept) => {
      const asked = json("POST", {});
      return patiently(() => send(`/v1/receipts/${kept.id}/retry`, asked));
    },
    onSuccess: () => {
      void message.success("已重新识别，结果会自动显示");
      return queries.invalidateQueries({ queryKey: KEY });
    },
  });
  const items = list.data?.items ?? [];
  return (
    <div className="receipts">
      <h1>回执</h1>
      <div className="tabs" role="group" aria-label="按状态">
        {STATES.map(([code, label]) => (
          <button key={code} type="button" className="tab" aria-pressed={state === code} onClick={() => setState(code)}>
            {label}
          </button>
        ))}
      </div>
      {list.isError && !list.data && <ProblemView error={list.error} again={() => void list.refetch()} />}
      {again.isError && <ProblemView error={again.error} />}
      <div className="card receipts-list">
        {list.data && items.length === 0 && <p className="nothing receipts-none">{NOTHING[state]}</p>}
        {items.length > 0 && (
          <PlainTable
            label="回执"
            rows={items}
            keyOf={(kept) => kept.id}
            changed={(kept) => changed.has(kept.id)}
            columns={[
              { title: "到达", cell: (kept) => shortTime(kept.arrived_at), whole: true },
              { title: "报文", cell: (kept) => <span title={kept.file_name}>{kept.message_type ?? kept.file_name}</span> },
              { title: "统一编号", cell: (kept) => kept.seq_no },
              { title: "海关编号", cell: (kept) => kept.customs_no },
              { title: "企业内部编号", cell: (kept) => kept.internal_no },
              { title: "说明", cell: (kept) => [kept.reason, ...kept.notes].filter(Boolean).join("；") },
              {
                title: "操作",
                unseen: true,
                whole: true,
                cell: (kept) => (
                  <>
                    {state === "unmatched" && (
                      <Button size="small" type="link" onClick={() => setMatching(kept)}>
                        指定单证
                      </Button>
                    )}
                    {state !== "matched" && (
                      <Button size="small" type="link" onClick={() => again.mutate(kept)}>
                        再识别一次
                      </Button>
                    )}
                    <Button
                      size="small"
                      type="link"
                      onClick={() => void download(`/v1/receipts/${kept.id}/file`).catch((error: unknown) => message.error(inWords(error)))}
                    >
                      下载
                    </Button>
                  </>
                ),
              },
            ]}
          />
        )}
      </div>
      {matching && <MatchDialog kept={matching} onClose={() => setMatching(null)} />}
    </div>
  );
}

function MatchDialog({ kept, onClose }: { kept: Kept; onClose: () => void }): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [chosen, setChosen] = useState("");
  const [reason, setReason] = useState("");
  const found = useQuery({ queryKey: ["candidates", kept.id], queryFn: () => ask<Schemas["Candidates"]>(`/v1/receipts/${kept.id}/candidates`) });
  const match = useMutation({
    mutationFn: () => {
      const candidate = found.data?.items.find((each) => each.document_id === chosen);
      return send(`/v1/receipts/${kept.id}/match`, json("POST", { kind: candidate?.kind, document_id: chosen, reason: reason.trim() }));
    },
    onSuccess: async () => {
      void message.success("已指定，单证会按这份回执更新");
      onClose();
      await queries.invalidateQueries({ queryKey: ["receipts"] });
    },
  });
  const items = found.data?.items ?? [];
  return (
    <Modal
      open
      title={`${kept.message_type ?? "回执"} 属于哪份单证？`}
      width={640}
      onCancel={onClose}
      okText="指定"
      okButtonProps={{ disabled: !chosen || reason.trim().length < 2, loading: match.isPending }}
      onOk={() => match.mutate()}
    >
      {match.isError && <ProblemView error={match.error} />}
      {found.isError && <ProblemView error={found.error} />}
      <p className="quiet">以下单证正在等这样的回执。指定之后会留下记录。</p>
      {found.data && items.length === 0 && <p>没有单证在等这样的回执。</p>}
      <div className="candidates" role="radiogroup" aria-label="单证">
        {items.map((each) => (
          <label key={each.document_id}>
            <input type="radio" name="candidate" checked={chosen === each.document_id} onChange={() => setChosen(each.document_id)} />
            <span>{each.kind_label}</span>
            <b>{each.internal_no}</b>
            <StateTag state={each.state} label={each.state_label} />
            <span className="quiet">{shortTime(each.happened_at)}</span>
          </label>
        ))}
      </div>
      <label htmlFor="match-reason">依据</label>
      <Input id="match-reason" value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} placeholder="例如：与单一窗口网页核对，金额和车牌一致" />
    </Modal>
  );
}
