/** Notes by hand what no receipt told (登记), e.g. that the 报关单 is declared: who noted it, and why, stays in the timeline. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Input, Modal } from "antd";
import { useId, useRef, useState } from "react";
import { ifMatch, json, newKey, patiently, send } from "@/api/client";
import { asProblem } from "@/api/problems";
import type { Kind } from "@/catalogue/types";
import { FieldBox } from "@/fields/FieldBox";
import { ProblemView } from "@/parts/ProblemView";
import { useCodes } from "@/parts/useKind";
import type { Doc } from "./answers";

export function MarkDialog({ kind, doc, onClose }: { kind: Kind; doc: Doc; onClose: () => void }): React.ReactNode {
  const id = useId();
  const key = useRef(newKey());
  const codes = useCodes();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [values, setValues] = useState<Record<string, string>>({});
  const [reason, setReason] = useState("");
  const fields = kind.sections.find((each) => each.name === "head")?.fields.filter((field) => kind.markable.includes(field.name)) ?? [];
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim()));
  const mark = useMutation({
    mutationFn: () => {
      const headers = { ...ifMatch(doc.version), "Idempotency-Key": key.current };
      return patiently(() => send(`/v1/${kind.url}/${doc.id}/marks`, json("POST", { fields: given, reason: reason.trim() }, headers)));
    },
    onSuccess: async () => {
      void message.success("已登记");
      onClose();
      await queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
    onError: (error) => {
      // What is mended is another order, of the document as it is now.
      key.current = newKey();
      if (asProblem(error).status === 412) void queries.invalidateQueries({ queryKey: ["document", doc.id] });
    },
  });
  return (
    <Modal
      open
      title={`登记：${doc.internal_no}`}
      width={480}
      onCancel={onClose}
      okText="登记"
      okButtonProps={{ disabled: Object.keys(given).length === 0 || reason.trim().length < 2, loading: mark.isPending }}
      onOk={() => mark.mutate()}
    >
      {mark.isError && <ProblemView error={mark.error} />}
      <p className="quiet">没有回执告知、但已在别处查明的，登记在这里。只填有变化的；登记人和依据会留在进度里。</p>
      <div className="by-hand">
        {fields.map((field) => (
          <FieldBox
            key={field.name}
            field={field}
            pointer={`/fields/${field.name}`}
            value={values[field.name] ?? ""}
            table={field.table ? codes.get(field.table) : undefined}
            needed={false}
            readOnly={false}
            mark={undefined}
            onInput={(_, value) => setValues((old) => ({ ...old, [field.name]: value }))}
            onDone={() => undefined}
          />
        ))}
      </div>
      <label htmlFor={`${id}-reason`}>依据</label>
      <Input id={`${id}-reason`} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} placeholder="例如：单一窗口报关单查询页" />
    </Modal>
  );
}
