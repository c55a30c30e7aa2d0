/** Says to which sending an answer of customs belongs, where that could not be known or was taken wrongly. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Input, Modal } from "antd";
import { useId, useRef, useState } from "react";
import { ifMatch, json, newKey, patiently, send } from "@/api/client";
import { asProblem } from "@/api/problems";
import type { Kind } from "@/catalogue/types";
import { PlainTable, type Column } from "@/parts/PlainTable";
import { ProblemView } from "@/parts/ProblemView";
import { shortTime } from "@/parts/times";
import type { Doc, Fact, Step } from "./answers";

type Props = { kind: Kind; doc: Doc; steps: Step[]; onClose: () => void };

/** Those that nobody could place first, then the newest. */
export function answersIn(steps: readonly Step[]): Fact[] {
  const told = steps.flatMap(({ fact }) => (fact && fact.type === "receipt" ? [fact] : [])).reverse();
  return [...told.filter((fact) => fact.attempt_no === null), ...told.filter((fact) => fact.attempt_no !== null)];
}

export function sendingsIn(steps: readonly Step[]): number[] {
  return [...new Set(steps.flatMap(({ attempt_no }) => attempt_no ?? []))].sort((a, b) => b - a);
}

export function AssignDialog({ kind, doc, steps, onClose }: Props): React.ReactNode {
  const id = useId();
  const key = useRef(newKey());
  const queries = useQueryClient();
  const { message } = App.useApp();
  const answers = answersIn(steps);
  const sendings = sendingsIn(steps);
  const [fact, setFact] = useState(answers[0]?.fact_id ?? "");
  const [attempt, setAttempt] = useState(sendings[0] ?? 0);
  const [reason, setReason] = useState("");
  const assign = useMutation({
    mutationFn: () => {
      const headers = { ...ifMatch(doc.version), "Idempotency-Key": key.current };
      return patiently(() => send(`/v1/${kind.url}/${doc.id}/resolutions`, json("POST", { fact_id: fact, attempt_no: attempt, reason: reason.trim() }, headers)));
    },
    onSuccess: async () => {
      void message.success("已指定");
      onClose();
      await queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
    onError: (error) => {
      key.current = newKey();
      if (asProblem(error).status === 412) void queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
  });
  const columns: Column<Fact>[] = [
    {
      title: "选",
      cell: (one) => <input type="radio" name={`${id}-fact`} aria-label={one.text} checked={one.fact_id === fact} onChange={() => setFact(one.fact_id)} />,
    },
    { title: "回执", cell: (one) => one.text },
    { title: "海关时间", cell: (one) => (one.authority_at ? shortTime(one.authority_at) : ""), whole: true },
    { title: "现在归属", cell: (one) => (one.attempt_no === null ? "不能确定" : `第 ${one.attempt_no} 次发送`), whole: true },
  ];
  return (
    <Modal
      open
      title={`指定回执归属：${doc.internal_no}`}
      width={680}
      onCancel={onClose}
      okText="指定"
      okButtonProps={{ disabled: fact === "" || attempt === 0 || reason.trim().length < 2, loading: assign.isPending }}
      onOk={() => assign.mutate()}
    >
      {assign.isError && <ProblemView error={assign.error} />}
      <p className="quiet">选一份回执，再说明它答复的是哪一次发送。单证的状态会随之重新计算。</p>
      <div className="remaining">
        <PlainTable label="回执" rows={answers} keyOf={(one) => one.fact_id} columns={columns} chosen={(one) => one.fact_id === fact} onRow={(one) => setFact(one.fact_id)} />
      </div>
      <div className="by-hand">
        <div>
          <label htmlFor={`${id}-attempt`}>属于</label>{" "}
          <select id={`${id}-attempt`} className="plain-input" value={attempt} onChange={(event) => setAttempt(Number(event.target.value))}>
            {sendings.map((each) => (
              <option key={each} value={each}>
                第 {each} 次发送
              </option>
            ))}
          </select>
        </div>
        <div>
          <label htmlFor={`${id}-reason`}>依据</label>
          <Input id={`${id}-reason`} value={reason} maxLength={500} autoComplete="off" placeholder="例如：回执中的报文编号与第 2 次发送一致" onChange={(event) => setReason(event.target.value)} />
        </div>
      </div>
    </Modal>
  );
}
