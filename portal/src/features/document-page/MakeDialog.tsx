/** Makes the next document out of this one, with what of it is still to be had. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Modal } from "antd";
import { useRef, useState } from "react";
import { ask, json, newKey, type Schemas } from "@/api/client";
import { KINDS } from "@/catalogue/kinds";
import type { Kind, KindName } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import type { Doc } from "./answers";

type Remaining = Schemas["Remaining"];

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
  const make = useMutation({
    mutationFn: async () => {
      const url = KINDS[of?.kind as KindName].url;
      const rows = chosen.map((row) => ({
        line_no: row.line_no,
        quantity: quantity(row),
        ...(row.material_mark ? { material_mark: row.material_mark } : {}),
      }));
      const order = json("POST", of?.in_part ? { rows } : {}, { "Idempotency-Key": key.current });
      return { url, made: await ask<{ id: string }>(`/v1/${kind.url}/${doc.id}/${url}`, order) };
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
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">序号</th>
                  <th scope="col">料号</th>
                  <th scope="col">名称</th>
                  <th scope="col">批准</th>
                  <th scope="col">已用</th>
                  <th scope="col">草稿</th>
                  <th scope="col">余量</th>
                  {of.in_part && <th scope="col">本次</th>}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={nameOf(row)}>
                    <td>{row.line_no}</td>
                    <td>{row.material_no}</td>
                    <td>{row.name}</td>
                    <td>{row.quantity}</td>
                    <td>{row.held}</td>
                    <td>{row.drafted}</td>
                    <td>{row.remaining}</td>
                    {of.in_part && (
                      <td>
                        <input
                          className="plain-input"
                          aria-label={`第${row.line_no}项本次数量`}
                          inputMode="decimal"
                          size={9}
                          value={quantity(row)}
                          onChange={(event) => setTaken({ ...taken, [nameOf(row)]: event.target.value })}
                        />
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Modal>
  );
}
