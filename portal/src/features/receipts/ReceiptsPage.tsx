/** Receipts that found nobody: what they say, whom they may be for, and matching by hand. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { ask, json, send, type Schemas } from "@/api/client";
import { ProblemView } from "@/parts/ProblemView";
import { StateTag } from "@/parts/StateTag";
import { shortTime } from "@/parts/times";
import "./receipts.css";

type Kept = Schemas["KeptFile"];
const STATES: [string, string][] = [
  ["unmatched", "无主回执"],
  ["unreadable", "不能读取"],
  ["incomplete", "分包未齐"],
  ["waiting", "等待中"],
  ["matched", "已匹配"],
];

export function ReceiptsPage(): React.ReactNode {
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [state, setState] = useState("unmatched");
  const [matching, setMatching] = useState<Kept | null>(null);
  const list = useQuery({ queryKey: ["receipts", state], queryFn: () => ask<Schemas["KeptFiles"]>(`/v1/receipts?state=${state}&limit=100`) });
  const again = useMutation({
    mutationFn: (kept: Kept) => send(`/v1/receipts/${kept.id}/retry`, json("POST", {})),
    onSuccess: () => {
      void message.success("已重新识别");
      return queries.invalidateQueries({ queryKey: ["receipts"] });
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
      {list.isError && <ProblemView error={list.error} again={() => void list.refetch()} />}
      {again.isError && <ProblemView error={again.error} />}
      <div className="card receipts-list">
        {list.data && items.length === 0 && <p className="quiet receipts-none">{state === "unmatched" ? "没有无主回执，每份回执都找到了它的单证。" : "没有。"}</p>}
        {items.length > 0 && (
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">到达</th>
                <th scope="col">报文</th>
                <th scope="col">统一编号</th>
                <th scope="col">海关编号</th>
                <th scope="col">企业内部编号</th>
                <th scope="col">说明</th>
                <th scope="col">
                  <span className="sr-only">操作</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((kept) => (
                <tr key={kept.id}>
                  <td>{shortTime(kept.arrived_at)}</td>
                  <td title={kept.file_name}>{kept.message_type ?? kept.file_name}</td>
                  <td>{kept.seq_no}</td>
                  <td>{kept.customs_no}</td>
                  <td>{kept.internal_no}</td>
                  <td>{[kept.reason, ...kept.notes].filter(Boolean).join("；")}</td>
                  <td>
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
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
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
