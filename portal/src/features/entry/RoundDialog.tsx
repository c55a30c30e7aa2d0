/** 变更, 删除 or 作废, 结案 of a document that customs has: asked with a reason, and what cannot be undone by typing its name. */
import { Input, Modal } from "antd";
import { useId, useRef, useState } from "react";
import { ifMatch, json, newKey, send } from "@/api/client";
import { inWords } from "@/api/problems";
import type { Entry } from "./entry";

export type Purpose = "change" | "cancellation" | "closure";
type Props = { entry: Entry; purpose: Purpose; label: string; onClose: () => void; onDone: (purpose: Purpose) => void };

const WORDS: Record<Purpose, string> = {
  change: "先修改内容，再申报变更。海关同意之前，原来的内容保持有效。",
  cancellation: "向海关申请。海关同意后不能恢复。",
  closure: "向海关申请结案。结案后不能再据此办理出入库。",
};

export function RoundDialog({ entry, purpose, label, onClose, onDone }: Props): React.ReactNode {
  const id = useId();
  const key = useRef(newKey());
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const final = purpose !== "change";
  const ready = reason.trim().length >= 2 && (!final || typed.trim() === label);

  const order = async (): Promise<void> => {
    if (!entry.whole || !ready) return;
    setBusy(true);
    try {
      const headers = { ...ifMatch(entry.whole.version), "Idempotency-Key": key.current };
      await send(`/v1/${entry.kind.url}/${entry.whole.id}/${purpose}-requests`, json("POST", { reason: reason.trim() }, headers));
      onDone(purpose);
    } catch (error) {
      setProblem(inWords(error));
      setBusy(false);
    }
  };

  return (
    <Modal
      open
      title={`${label}：${entry.whole?.internal_no ?? ""}`}
      width={480}
      onCancel={onClose}
      onOk={() => void order()}
      okText={final ? `申请${label}` : `开始${label}`}
      cancelText="取消"
      okButtonProps={{ disabled: !ready, danger: final, loading: busy }}
    >
      <p>{WORDS[purpose]}</p>
      {problem && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
      <label htmlFor={`${id}r`}>{label}原因</label>
      <Input.TextArea id={`${id}r`} rows={2} maxLength={500} autoFocus value={reason} onChange={(event) => setReason(event.target.value)} />
      {final && (
        <>
          <label htmlFor={`${id}t`}>请输入“{label}”</label>
          <Input id={`${id}t`} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
        </>
      )}
    </Modal>
  );
}
