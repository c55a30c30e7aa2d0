/** Makes the next document out of this one, with what of it is still to be had. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Modal } from "antd";
import { useRef, useState } from "react";
import { ask, json, newKey, patiently, type Schemas } from "@/api/client";
import { KINDS } from "@/catalogue/kinds";
import type { Kind, KindName } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import { orderOf, RemainingTable, useTaking } from "@/parts/RemainingTable";
import type { Doc } from "./answers";

type Remaining = Schemas["Remaining"];

export function MakeDialog({ kind, doc, open, onClose }: { kind: Kind; doc: Doc; open: boolean; onClose: () => void }): React.ReactNode {
  const navigate = useNavigate();
  const key = useRef(newKey());
  const [target, setTarget] = useState<string | null>(null);
  const remaining = useQuery({
    queryKey: ["document", doc.id, "remaining"],
    queryFn: () => ask<Remaining>(`/v1/${kind.url}/${doc.id}/remaining`),
    enabled: open,
  });
  const of = remaining.data?.by_kind.find((each) => each.kind === target) ?? remaining.data?.by_kind[0];
  const rows = of?.rows ?? [];
  const taking = useTaking(rows);
  const make = useMutation({
    mutationFn: async () => {
      const url = KINDS[of?.kind as KindName].url;
      const order = json("POST", orderOf(of, taking), { "Idempotency-Key": key.current });
      return { url, made: await patiently(() => ask<{ id: string }>(`/v1/${kind.url}/${doc.id}/${url}`, order)) };
    },
    onSuccess: ({ url, made }) => {
      onClose();
      void navigate({ to: "/$system/$kind/$id/edit", params: { system: doc.system.toLowerCase(), kind: url, id: made.id } });
    },
  });
  return (
    <Modal
      open={open}
      title={`用 ${doc.internal_no} 生成`}
      width={760}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>取消</Button>
          <Button type="primary" loading={make.isPending} disabled={!of || (of.in_part && taking.wanted.length === 0)} onClick={() => make.mutate()}>
            生成{of?.label ?? ""}
          </Button>
        </>
      }
    >
      {make.isError && <ProblemView error={make.error} />}
      {remaining.isError && <ProblemView error={remaining.error} />}
      {remaining.isPending && <p className="quiet" role="status">正在计算余量…</p>}
      {(remaining.data?.by_kind.length ?? 0) > 1 && (
        <div className="tabs" role="group" aria-label="生成什么">
          {remaining.data?.by_kind.map((each) => (
            <button key={each.kind} type="button" className="tab" aria-pressed={each === of} onClick={() => setTarget(each.kind)}>
              {each.label}
            </button>
          ))}
        </div>
      )}
      {of && <RemainingTable rows={rows} byRows={of.in_part} taking={taking} />}
    </Modal>
  );
}
