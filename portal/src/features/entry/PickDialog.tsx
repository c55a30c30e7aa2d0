/** Makes this document out of others that can still be used: which of them, which rows, how much of each. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Modal, Spin } from "antd";
import { useRef, useState } from "react";
import { ask, json, newKey, type Schemas } from "@/api/client";
import { inWords } from "@/api/problems";
import { KINDS } from "@/catalogue/kinds";
import type { Kind, KindName } from "@/catalogue/types";

type Usable = { id: string; customs_no?: string | null; internal_no?: string; rows_left?: number; partly?: boolean; [name: string]: unknown };
type Row = Schemas["RemainingRow"];

type Props = { kind: Kind; source: KindName; system: string; onClose: () => void };

/** Several are taken whole: bills that are gathered, or that share one truck. */
function several(kind: Kind, source: KindName): boolean {
  return kind.name === "inventory" || (kind.name === "gate_pass" && source !== "business_form");
}

const nameOf = (row: Row): string => `${row.material_mark ?? ""}/${row.line_no ?? ""}`;

export function PickDialog({ kind, source, system, onClose }: Props): React.ReactNode {
  const navigate = useNavigate();
  const key = useRef(newKey());
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [taken, setTaken] = useState<Record<string, string>>({});
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
  const quantity = (row: Row): string => taken[nameOf(row)] ?? row.remaining ?? "";
  const wanted = rows.filter((row) => row.line_no && quantity(row).trim() !== "" && Number(quantity(row)) !== 0);
  const part = Boolean(of?.in_part) && (wanted.length < rows.length || wanted.some((row) => quantity(row) !== row.remaining));
  // A pass of all that is left carries the whole document; of a part it lists its rows.
  const byRows = kind.name === "gate_pass" ? part : Boolean(of?.in_part);

  const toggle = (id: string): void => {
    setTaken({});
    setChosen((old) => (old.includes(id) ? old.filter((one) => one !== id) : several(kind, source) ? [...old, id] : [id]));
  };

  const make = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    const picked = wanted.map((row) => ({
      line_no: row.line_no,
      quantity: quantity(row),
      ...(row.material_mark ? { material_mark: row.material_mark } : {}),
    }));
    const gathered = kind.name === "inventory" || chosen.length > 1;
    const path = gathered ? `/v1/${kind.url}/from-${url}` : `/v1/${url}/${only}/${kind.url}`;
    const order = gathered ? { ids: chosen } : byRows ? { rows: picked } : {};
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
          disabled={chosen.length === 0 || (single && byRows && wanted.length === 0)}
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
          <div className="pick-box">
            <table className="pick">
              <thead>
                <tr>
                  <th scope="col">选</th>
                  <th scope="col">海关编号</th>
                  <th scope="col">企业内部编号</th>
                  <th scope="col">企业</th>
                  <th scope="col">剩余行数</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.id} aria-selected={chosen.includes(one.id)} onClick={() => toggle(one.id)}>
                    <td>
                      <input
                        type={several(kind, source) ? "checkbox" : "radio"}
                        checked={chosen.includes(one.id)}
                        aria-label={`选择 ${one.customs_no ?? one.internal_no}`}
                        onClick={(event) => event.stopPropagation()}
                        onChange={() => toggle(one.id)}
                      />
                    </td>
                    <td className="mono">{one.customs_no}</td>
                    <td className="mono">{one.internal_no}</td>
                    <td>{String(one.area_name ?? one.operating_name ?? "")}</td>
                    <td>
                      {one.rows_left ?? ""}
                      {one.partly ? "（部分已用）" : ""}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {single && kind.name !== "inventory" && (
        <>
          {remaining.isPending && <Spin />}
          {of && (
            <>
              <p className="quiet">{of.in_part ? "默认取全部余量；数量可以改少，填 0 则不取该行。" : "整份使用，生成后可以再改。"}</p>
              <div className="pick-box">
                <table className="pick">
                  <thead>
                    <tr>
                      {["序号", "料号", "名称", "批准", "已用", "草稿", "余量", "本次"].map((title) => (
                        <th key={title} scope="col" className={/^[批已草余]/.test(title) ? "end" : undefined}>
                          {title}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {rows.map((row) => (
                      <tr key={nameOf(row)}>
                        <td>{row.line_no}</td>
                        <td className="mono">{row.material_no}</td>
                        <td>{row.name}</td>
                        <td className="end">{row.quantity}</td>
                        <td className="end">{row.held}</td>
                        <td className="end">{row.drafted}</td>
                        <td className="end">
                          <b>{row.remaining}</b>
                        </td>
                        <td>
                          {of.in_part && (
                            <input
                              className="plain-input"
                              aria-label={`第${row.line_no}项本次数量`}
                              inputMode="decimal"
                              size={9}
                              value={quantity(row)}
                              onChange={(event) => setTaken({ ...taken, [nameOf(row)]: event.target.value })}
                            />
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </>
          )}
        </>
      )}
    </Modal>
  );
}
