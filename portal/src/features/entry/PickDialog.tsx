/** Makes this document out of others that can still be used: which of them, which rows, how much of each. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Modal, Spin } from "antd";
import { useRef, useState } from "react";
import { ask, json, newKey, type Schemas } from "@/api/client";
import { inWords } from "@/api/problems";
import { KINDS } from "@/catalogue/kinds";
import type { Kind, KindName } from "@/catalogue/types";
import { PlainTable, type Column } from "@/parts/PlainTable";
import { orderOf, RemainingTable, useTaking } from "@/parts/RemainingTable";

type Usable = { id: string; customs_no?: string | null; internal_no?: string; rows_left?: number; partly?: boolean; [name: string]: unknown };

type Props = { kind: Kind; source: KindName; system: string; onClose: () => void };

/** Several are taken whole: bills that are gathered, or that share one truck. */
function several(kind: Kind, source: KindName): boolean {
  return kind.name === "inventory" || (kind.name === "gate_pass" && source !== "business_form");
}

export function PickDialog({ kind, source, system, onClose }: Props): React.ReactNode {
  const navigate = useNavigate();
  const key = useRef(newKey());
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const { url, label } = KINDS[source];
  const usable = useQuery({
    queryKey: ["makeable", source, kind.name],
    queryFn: () => ask<{ items: Usable[] }>(`/v1/makeable/${url}/${kind.url}?limit=100`),
    staleTime: 0,
  });
  const [only] = chosen;
  const single = chosen.length === 1 && only !== undefined;
  const remaining = useQuery({
    queryKey: ["document", only, "remaining"],
    queryFn: () => ask<Schemas["Remaining"]>(`/v1/${url}/${only}/remaining`),
    enabled: single && kind.name !== "inventory",
    staleTime: 0,
  });
  const of = single ? remaining.data?.by_kind.find((each) => each.kind === kind.name) : undefined;
  const rows = of?.rows ?? [];
  const taking = useTaking(rows);
  const toggle = (id: string): void => {
    taking.reset();
    setChosen((old) => (old.includes(id) ? old.filter((one) => one !== id) : several(kind, source) ? [...old, id] : [id]));
  };

  const make = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    const gathered = kind.name === "inventory" || chosen.length > 1;
    const path = gathered ? `/v1/${kind.url}/from-${url}` : `/v1/${url}/${only}/${kind.url}`;
    const order = gathered ? { ids: chosen } : orderOf(of, taking);
    try {
      const made = await ask<{ id: string }>(path, json("POST", order, { "Idempotency-Key": key.current }));
      onClose();
      void navigate({ to: "/$system/$kind/$id/edit", params: { system, kind: kind.url, id: made.id } });
    } catch (error) {
      setProblem(inWords(error));
      key.current = newKey();
      setBusy(false);
    }
  };

  const columns: Column<Usable>[] = [
    {
      title: "选",
      cell: (one) => (
        <input
          type={several(kind, source) ? "checkbox" : "radio"}
          checked={chosen.includes(one.id)}
          aria-label={`选择 ${one.customs_no ?? one.internal_no}`}
          onClick={(event) => event.stopPropagation()}
          onChange={() => toggle(one.id)}
        />
      ),
    },
    { title: "海关编号", cell: (one) => one.customs_no, className: "mono" },
    { title: "企业内部编号", cell: (one) => one.internal_no, className: "mono" },
    { title: "企业", cell: (one) => String(one.area_name ?? one.operating_name ?? "") },
    { title: "剩余行数", cell: (one) => `${one.rows_left ?? ""}${one.partly ? "（部分已用）" : ""}`, figures: true },
  ];
  const text = words.trim().toLowerCase();
  const items = (usable.data?.items ?? []).filter(
    (one) => text === "" || [one.customs_no, one.internal_no, one.area_name, one.operating_name].some((each) => String(each ?? "").toLowerCase().includes(text)),
  );
  const failed = usable.error ?? remaining.error;
  return (
    <Modal
      open
      title={`从${label}生成${kind.label}`}
      width={820}
      onCancel={onClose}
      footer={[
        <Button key="no" onClick={onClose}>
          取消
        </Button>,
        <Button
          key="make"
          type="primary"
          loading={busy}
          disabled={chosen.length === 0 || (single && of?.in_part && taking.wanted.length === 0)}
          onClick={() => void make()}
        >
          {chosen.length > 1 ? `用 ${chosen.length} 份生成` : "生成"}
        </Button>,
      ]}
    >
      {(problem || failed) && (
        <p className="bad" role="alert">
          {problem || inWords(failed)}
        </p>
      )}
      {usable.isPending && <Spin />}
      {usable.data && usable.data.items.length === 0 && (
        <p className="quiet">没有还能使用的{label}。海关通过后、还有余量的会列在这里。</p>
      )}
      {usable.data && usable.data.items.length > 0 && (
        <>
          <p>
            <input
              className="plain-input pick-words"
              autoFocus
              placeholder="编号或企业"
              aria-label="筛选"
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />{" "}
            <span className="quiet">
              {several(kind, source) ? "可以选几份，几份一起时每份整份使用。" : "选一份，再改要用的行和数量。"}
            </span>
          </p>
          <div className="remaining">
            <PlainTable label={label} rows={items} keyOf={(one) => one.id} columns={columns} chosen={(one) => chosen.includes(one.id)} onRow={(one) => toggle(one.id)} />
          </div>
        </>
      )}
      {single && kind.name !== "inventory" && (
        <>
          {remaining.isPending && <Spin />}
          {of && <RemainingTable rows={rows} byRows={of.in_part} taking={taking} />}
        </>
      )}
    </Modal>
  );
}
