/** Makes the next document out of this one, with what of it is still to be had. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Modal } from "antd";
import { useRef, useState } from "react";
import { ask, json, newKey, patiently, type Schemas } from "@/api/client";
import { KINDS } from "@/catalogue/kinds";
import type { Kind, KindName } from "@/catalogue/types";
import { PlainTable, type Column } from "@/parts/PlainTable";
import { ProblemView } from "@/parts/ProblemView";
import type { Doc } from "./answers";

type Remaining = Schemas["Remaining"];
const COLUMNS: Column<Schemas["RemainingRow"]>[] = [
  { title: "序号", cell: (row) => row.line_no },
  { title: "料号", cell: (row) => row.material_no },
  { title: "名称", cell: (row) => row.name },
  { title: "批准", cell: (row) => row.quantity, figures: true },
  { title: "已用", cell: (row) => row.held, figures: true },
  { title: "草稿", cell: (row) => row.drafted, figures: true },
  { title: "余量", cell: (row) => row.remaining, figures: true },
];

export function MakeDialog({ kind, doc, open, onClose }: { kind: Kind; doc: Doc; open: boolean; onClose: () => void }): React.ReactNode {
  const navigate = useNavigate();
  const key = useRef(newKey());
  const [target, setTarget] = useState<string | null>(null);
  const [taken, setTaken] = useState<Record<string, string>>({});
  const remaining = useQuery({
    queryKey: ["document", doc.id, "remaining"],
    queryFn: () => ask<Remaining>(`/v1/${kind.url}/${doc.id}/remaining`),
    enabled: open,
  });
  const of = remaining.data?.by_kind.find((each) => each.kind === target) ?? remaining.data?.by_kind[0];
  const rows = of?.rows ?? [];
  const nameOf = (row: Schemas["RemainingRow"]): string => `${row.material_mark ?? ""}/${row.line_no ?? ""}`;
  const quantity = (row: Schemas["RemainingRow"]): string => taken[nameOf(row)] ?? row.remaining ?? "";
  const chosen = rows.filter((row) => row.line_no && quantity(row) && quantity(row) !== "0");
  const wanted: Column<Schemas["RemainingRow"]> = {
    title: "本次",
    figures: true,
    cell: (row) => (
      <input
        className="plain-input"
        aria-label={`第${row.line_no}项本次数量`}
        inputMode="decimal"
        size={9}
        value={quantity(row)}
        onChange={(event) => setTaken({ ...taken, [nameOf(row)]: event.target.value })}
      />
    ),
  };
  const make = useMutation({
    mutationFn: async () => {
      const url = KINDS[of?.kind as KindName].url;
      const rows = chosen.map((row) => ({
        line_no: row.line_no,
        quantity: quantity(row),
        ...(row.material_mark ? { material_mark: row.material_mark } : {}),
      }));
      const order = json("POST", of?.in_part ? { rows } : {}, { "Idempotency-Key": key.current });
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
          <Button type="primary" loading={make.isPending} disabled={!of || (of.in_part && chosen.length === 0)} onClick={() => make.mutate()}>
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
      {of && (
        <>
          <p className="quiet">{of.in_part ? "默认取全部余量，可以改少；填 0 则不取该行。" : "整份生成，生成后可以再修改。"}</p>
          <div className="making">
            <PlainTable label="余量" rows={rows} keyOf={nameOf} columns={of.in_part ? [...COLUMNS, wanted] : COLUMNS} />
          </div>
        </>
      )}
    </Modal>
  );
}
