/** Says what became of a sending that nobody answered (人工认定): whoever says it has looked at the Single Window's own page. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Input, Modal } from "antd";
import { useId, useRef, useState } from "react";
import { ifMatch, json, newKey, patiently, send } from "@/api/client";
import { asProblem } from "@/api/problems";
import type { Kind } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import type { Doc } from "./answers";

type Outcome = "received" | "not_received";
const OUTCOMES: [Outcome, string][] = [
  ["received", "单一窗口已接收"],
  ["not_received", "单一窗口没有收到，可以再次申报"],
];
const SEQ_NO = /^[0-9A-Za-z]{18}$/;

export function ResolveDialog({ kind, doc, onClose }: { kind: Kind; doc: Doc; onClose: () => void }): React.ReactNode {
  const id = useId();
  const key = useRef(newKey());
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [seqNo, setSeqNo] = useState(doc.numbers.seq_no ?? "");
  const [reason, setReason] = useState("");
  const resolve = useMutation({
    mutationFn: () => {
      const headers = { ...ifMatch(doc.version), "Idempotency-Key": key.current };
      const found = outcome === "received" ? { outcome, seq_no: seqNo.trim() } : { outcome };
      return patiently(() => send(`/v1/${kind.url}/${doc.id}/resolutions`, json("POST", { ...found, reason: reason.trim() }, headers)));
    },
    onSuccess: async () => {
      void message.success("已认定");
      onClose();
      await queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
    onError: (error) => {
      // What is mended is another order, of the document as it is now.
      key.current = newKey();
      if (asProblem(error).status === 412) void queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
  });
  const ready = reason.trim().length >= 2 && (outcome === "not_received" || (outcome === "received" && SEQ_NO.test(seqNo.trim())));
  return (
    <Modal
      open
      title={`认定：${doc.internal_no}`}
      width={480}
      onCancel={onClose}
      okText="认定"
      okButtonProps={{ disabled: !ready, loading: resolve.isPending }}
      onOk={() => resolve.mutate()}
    >
      {resolve.isError && <ProblemView error={resolve.error} />}
      <p className="quiet">请先在单一窗口的官方页面查询这份单证，再按查到的认定。误认可能导致重复申报。</p>
      <div className="by-hand" role="radiogroup" aria-label="认定结果">
        {OUTCOMES.map(([each, label]) => (
          <label key={each}>
            <input type="radio" name={`${id}-outcome`} checked={outcome === each} onChange={() => setOutcome(each)} /> {label}
          </label>
        ))}
      </div>
      {outcome === "received" && (
        <>
          <label htmlFor={`${id}-seq`}>统一编号</label>
          <Input id={`${id}-seq`} value={seqNo} maxLength={18} autoComplete="off" onChange={(event) => setSeqNo(event.target.value)} placeholder="18 位" />
        </>
      )}
      <label htmlFor={`${id}-reason`}>依据</label>
      <Input id={`${id}-reason`} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} placeholder="例如：单一窗口查询页显示已入库" />
    </Modal>
  );
}
