/** 归并: how the goods become lines of the 报关单, at most 50, looked at before it is taken. */
import { App, Button, Modal, Spin } from "antd";
import { useCallback, useEffect, useState } from "react";
import { ask, json, newKey, type Schemas } from "@/api/client";
import { inWords } from "@/api/problems";
import { grouped } from "@/catalogue/decimal";
import { objectOf, rowsOf } from "@/document/patches";
import { received } from "@/document/sending";
import { withName } from "@/fields/choices";
import type { Entry } from "./entry";

type Preview = Schemas["MergePreview"];
type Numbering = "keep" | "close" | "anew";

export const MOST_LINES = 50;
const NUMBERINGS: [Numbering, string, string][] = [
  ["keep", "保留已填的序号", "编号必须连续，有缺口时会指出"],
  ["close", "保留分组，重新编号", "已填的分组不变，序号从 1 连续排"],
  ["anew", "全部重新归并", "不看已填的序号"],
];

export function MergeDialog({ entry, onClose }: { entry: Entry; onClose: () => void }): React.ReactNode {
  const { message } = App.useApp();
  const [numbering, setNumbering] = useState<Numbering>("keep");
  const [apart, setApart] = useState<ReadonlySet<number>>(new Set());
  const [found, setFound] = useState<Preview | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const look = useCallback(async (): Promise<void> => {
    setProblem("");
    try {
      const body = { document: entry.body(), numbering, apart: [...apart] };
      setFound(await ask<Preview>(`/v1/${entry.kind.url}/merge-preview`, json("POST", body)));
    } catch (error) {
      setProblem(inWords(error));
    }
  }, [entry, numbering, apart]);
  useEffect(() => void look(), [look]);

  /** One step that can be undone; nothing is saved yet. */
  const take = (): void => {
    if (!found) return;
    const merged = received(entry.kind, { goods: found.goods, declaration_rows: found.declaration_rows });
    entry.store.change("归并", [
      { op: "splice", section: "goods", at: 0, remove: rowsOf(entry.store.doc(), "goods").length, insert: rowsOf(merged, "goods") },
      {
        op: "splice",
        section: "declaration_rows",
        at: 0,
        remove: rowsOf(entry.store.doc(), "declaration_rows").length,
        insert: rowsOf(merged, "declaration_rows"),
      },
    ]);
    message.success(`已归并为 ${found.entry_lines} 项，可以撤销`);
    onClose();
  };

  /** Each part but the first becomes a draft of its own; the first stays here. */
  const split = async (): Promise<void> => {
    const parts = found?.parts ?? [];
    setBusy(true);
    const body = entry.body() as { head: Record<string, unknown>; goods: Record<string, unknown>[] };
    try {
      for (const [at, part] of parts.entries()) {
        if (at === 0) continue;
        const goods = body.goods.filter((row) => part.goods.includes(Number(row.line_no)));
        const document = {
          head: { ...body.head, internal_no: `${String(body.head.internal_no ?? "")}-${at + 1}` },
          goods: goods.map(({ entry_line_no: _, ...row }, place) => ({ ...row, line_no: place + 1 })),
        };
        await ask(`/v1/${entry.kind.url}?system=${entry.system.toUpperCase()}`, json("POST", document, { "Idempotency-Key": newKey() }));
      }
      const stays = new Set(parts[0]?.goods);
      const rows = rowsOf(entry.store.doc(), "goods");
      const kept = rows.filter((_, place) => stays.has(Number(body.goods[place]?.line_no)));
      entry.store.change("拆分", [{ op: "splice", section: "goods", at: 0, remove: rows.length, insert: kept }]);
      message.success(`已拆成 ${parts.length} 份：本单留第 1 份，其余 ${parts.length - 1} 份是新的草稿`, 6);
      onClose();
    } catch (error) {
      setProblem(inWords(error));
      setBusy(false);
    }
  };

  const toggle = (numbers: readonly number[]): void =>
    setApart((old) => {
      const next = new Set(old);
      const all = numbers.every((number) => next.has(number));
      for (const number of numbers) {
        if (all) next.delete(number);
        else next.add(number);
      }
      return next;
    });

  const goods = new Map((found?.goods ?? []).map((row) => [Number(row.line_no), row]));
  const parts = found?.parts ?? [];
  const count = parts.length > 0 ? parts.reduce((sum, part) => sum + part.entry_lines, 0) : (found?.entry_lines ?? 0);
  const units = entry.tables.get("units");
  const rows = rowsOf(entry.store.doc(), "goods").length;
  return (
    <Modal
      open
      title="归并"
      width={900}
      onCancel={onClose}
      footer={[
        <Button key="no" onClick={onClose}>
          取消
        </Button>,
        parts.length > 0 ? (
          <Button key="split" type="primary" loading={busy} onClick={() => void split()}>
            拆成 {parts.length} 份
          </Button>
        ) : (
          <Button key="yes" type="primary" autoFocus disabled={!found?.ok} onClick={take}>
            采用
          </Button>
        ),
      ]}
    >
      <div className="merge-top">
        <fieldset>
          <legend className="sr-only">编号方式</legend>
          {NUMBERINGS.map(([value, label, why]) => (
            <label key={value} title={why}>
              <input type="radio" name="numbering" checked={numbering === value} onChange={() => setNumbering(value)} /> {label}
            </label>
          ))}
        </fieldset>
        <p className="merge-count" data-over={count > MOST_LINES || undefined} role="status">
          商品 {rows} 行 → 报关单 <b>{count}</b> / {MOST_LINES} 项
          <progress value={Math.min(count, MOST_LINES)} max={MOST_LINES} aria-label="报关单项数" />
        </p>
      </div>
      {problem && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
      {!found && !problem && <Spin />}
      {found && (found.errors.length > 0 || found.warnings.length > 0) && (
        <ul className="merge-findings">
          {found.errors.map((one, at) => (
            <li key={`e${at}`} className="bad">
              {one.message} {one.hint}
            </li>
          ))}
          {found.warnings.map((one, at) => (
            <li key={`w${at}`} className="warn">
              {one.message}
            </li>
          ))}
        </ul>
      )}
      {parts.length > 0 && (
        <>
          <p>超过 {MOST_LINES} 项，一份清单放不下。建议这样拆分；本单留第 1 份，其余各成一份新的草稿：</p>
          <div className="remaining">
            <table className="pick">
              <thead>
                <tr>
                  <th scope="col">份</th>
                  <th scope="col">报关单项数</th>
                  <th scope="col">商品行</th>
                  <th scope="col">商品序号</th>
                </tr>
              </thead>
              <tbody>
                {parts.map((part, at) => (
                  <tr key={at}>
                    <td>第 {at + 1} 份</td>
                    <td className="end">{part.entry_lines}</td>
                    <td className="end">{part.goods.length}</td>
                    <td className="mono">{spans(part.goods)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {found && found.lines.length > 0 && (
        <div className="remaining">
          <table className="pick">
            <thead>
              <tr>
                {["项", "商品编码", "商品名称", "数量", "单位", "总价", "由商品行", "不归并"].map((title) => (
                  <th key={title} scope="col" className={["项", "数量", "总价"].includes(title) ? "end" : undefined}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.lines.map((line, at) => {
                const row = found.declaration_rows[at] ?? {};
                const first = goods.get(line.goods[0] ?? 0) ?? {};
                const text = (name: string): string => String(row[name] ?? first[name] ?? "");
                return (
                  <tr key={line.line_no}>
                    <td className="end">{line.line_no}</td>
                    <td className="mono">{text("hs_code")}</td>
                    <td>{text("name")}</td>
                    <td className="end">{grouped(text("quantity"))}</td>
                    <td>{withName(units, text("unit"))}</td>
                    <td className="end">{grouped(text("total_price"))}</td>
                    <td className="mono" title={line.goods.join("、")}>
                      {spans(line.goods)}
                    </td>
                    <td>
                      {(line.goods.length > 1 || line.goods.every((number) => apart.has(number))) && (
                        <input
                          type="checkbox"
                          aria-label={`第${line.line_no}项的商品行不归并`}
                          checked={line.goods.every((number) => apart.has(number))}
                          onChange={() => toggle(line.goods)}
                        />
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {objectOf(entry.store.doc(), "head").generate_entry === "2" && <p className="quiet">这份清单不生成报关单，一般不需要归并。</p>}
    </Modal>
  );
}

/** 1–3、7: numbers that follow each other in short. */
export function spans(numbers: readonly number[]): string {
  const found: string[] = [];
  const sorted = [...numbers].sort((a, b) => a - b);
  let from = 0;
  sorted.forEach((number, at) => {
    if (sorted[at + 1] === number + 1) return;
    const first = sorted[from] as number;
    found.push(first === number ? String(number) : `${first}–${number}`);
    from = at + 1;
  });
  return found.join("、");
}
