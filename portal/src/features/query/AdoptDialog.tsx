/** Takes over a document that was declared on the authority's own page (接管): its receipts go on here. */
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Input, Modal } from "antd";
import { useId, useRef, useState } from "react";
import { ask, json, newKey, patiently } from "@/api/client";
import type { Kind } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";

const SEQ_NO = /^[0-9A-Za-z]{18}$/;
const FIELDS = [
  { name: "seq_no", label: "统一编号", most: 18, hint: "18 位，单一窗口查询页可以看到" },
  { name: "internal_no", label: "企业内部编号", most: 64, hint: "与在单一窗口填写的相同" },
  { name: "customs_no", label: "海关编号", most: 64, hint: "海关已通过的填写，没有就空着" },
  { name: "reason", label: "接管原因", most: 500, hint: "例如：客户自行在单一窗口申报" },
] as const;
type Name = (typeof FIELDS)[number]["name"];

export function AdoptDialog({ kind, system, onClose }: { kind: Kind; system: string; onClose: () => void }): React.ReactNode {
  const id = useId();
  const key = useRef(newKey());
  const navigate = useNavigate();
  const [given, setGiven] = useState<Record<Name, string>>({ seq_no: "", internal_no: "", customs_no: "", reason: "" });
  const value = (name: Name): string => given[name].trim();
  const adopt = useMutation({
    mutationFn: () => {
      const filled = Object.fromEntries(FIELDS.map(({ name }) => [name, value(name)]).filter(([, text]) => text));
      return patiently(() => ask<{ id: string }>(`/v1/${kind.url}/adoptions`, json("POST", filled, { "Idempotency-Key": key.current })));
    },
    onSuccess: (made) => {
      onClose();
      void navigate({ to: "/$system/$kind/$id", params: { system, kind: kind.url, id: made.id } });
    },
    onError: () => {
      key.current = newKey();
    },
  });
  const ready = SEQ_NO.test(value("seq_no")) && value("internal_no") !== "" && value("reason").length >= 2;
  return (
    <Modal open title={`接管${kind.label}`} width={480} onCancel={onClose} okText="接管" okButtonProps={{ disabled: !ready, loading: adopt.isPending }} onOk={() => adopt.mutate()}>
      {adopt.isError && <ProblemView error={adopt.error} />}
      <p className="quiet">在单一窗口官方页面申报的单证，接管后回执会归到这里，可以继续变更、生成下一单证和打印。</p>
      <div className="by-hand">
        {FIELDS.map(({ name, label, most, hint }, at) => (
          <div key={name}>
            <label htmlFor={`${id}-${name}`}>{label}</label>
            <Input
              id={`${id}-${name}`}
              value={given[name]}
              maxLength={most}
              placeholder={hint}
              autoComplete="off"
              autoFocus={at === 0}
              onChange={(event) => setGiven({ ...given, [name]: event.target.value })}
            />
          </div>
        ))}
      </div>
    </Modal>
  );
}
