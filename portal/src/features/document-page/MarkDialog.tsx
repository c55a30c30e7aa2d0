/** 登记: what a person knows although no receipt told it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Input, Modal } from "antd";
import { useId, useState } from "react";
import { ifMatch, json, send } from "@/api/client";
import { fieldOf } from "@/catalogue/kinds";
import type { Kind } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import { useCodes } from "@/parts/useKind";
import type { Doc } from "./answers";

export function MarkDialog({ kind, doc, onClose }: { kind: Kind; doc: Doc; onClose: () => void }): React.ReactNode {
  const queries = useQueryClient();
  const codes = useCodes();
  const id = useId();
  const [values, setValues] = useState<Record<string, string>>({});
  const [reason, setReason] = useState("");
  const fields = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim()));
  const mark = useMutation({
    mutationFn: () => send(`/v1/${kind.url}/${doc.id}/marks`, json("POST", { fields, reason: reason.trim() }, ifMatch(doc.version))),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
  });
  return (
    <Modal
      open
      title="登记没有回执告知的状态"
      width={480}
      onCancel={onClose}
      okText="登记"
      okButtonProps={{ disabled: Object.keys(fields).length === 0 || reason.trim().length < 2, loading: mark.isPending }}
      onOk={() => mark.mutate()}
    >
      {mark.isError && <ProblemView error={mark.error} />}
      <div className="marking">
        {kind.markable.map((name) => {
          const field = fieldOf(kind, "head", name);
          const rows = codes.get(field?.table ?? "")?.rows;
          const set = (value: string): void => setValues({ ...values, [name]: value });
          return (
            <div key={name}>
              <label htmlFor={`${id}-${name}`}>{field?.label ?? name}</label>
              {rows ? (
                <select id={`${id}-${name}`} className="plain-input" value={values[name] ?? ""} onChange={(event) => set(event.target.value)}>
                  <option value="">不登记</option>
                  {rows.map((row) => (
                    <option key={row.code} value={row.code}>
                      {row.code} {row.name}
                    </option>
                  ))}
                </select>
              ) : (
                <input id={`${id}-${name}`} className="plain-input" value={values[name] ?? ""} onChange={(event) => set(event.target.value)} />
              )}
            </div>
          );
        })}
      </div>
      <label htmlFor={`${id}-reason`}>依据</label>
      <Input id={`${id}-reason`} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} placeholder="例如：已在报关系统查到放行" />
    </Modal>
  );
}
