/** Pasted columns whose headings are not ours: the clerk says what each means, once. */
import { Modal } from "antd";
import { useState } from "react";
import type { Field } from "@/catalogue/types";
import { objectOf } from "@/document/patches";
import type { KeptMeanings } from "@/grid/clipboard";
import { usePreference } from "@/parts/usePreference";
import type { Entry } from "./entry";

export type Pasting = { cells: string[][]; mapping: (string | null)[]; row: number };

type Kept = Record<string, Record<string, string | null>>;

/** What headings mean, kept for this user: for the customer whose document it is, else as it was chosen for anybody last. */
export function useMeanings(entry: Entry, section: string): { kept: KeptMeanings; keep: (meanings: KeptMeanings) => void } {
  const [all, setAll] = usePreference<Kept>("paste-columns", {});
  const { kind, store } = entry;
  const firm = (kind.principal && objectOf(store.doc(), "head")[`${kind.principal}_code`]) || "";
  const anybody = `${kind.name}.${section}`;
  const own = `${anybody}.${firm}`;
  return {
    kept: { ...all[anybody], ...(firm ? all[own] : {}) },
    keep: (meanings) =>
      setAll((old) => ({ ...old, [anybody]: { ...old[anybody], ...meanings }, ...(firm ? { [own]: { ...old[own], ...meanings } } : {}) })),
  };
}

type Props = { pasting: Pasting; fields: readonly Field[]; onTake: (mapping: (string | null)[]) => void; onClose: () => void };

export function PasteMapping({ pasting, fields, onTake, onClose }: Props): React.ReactNode {
  const [mapping, setMapping] = useState(pasting.mapping);
  const [first = [], second = []] = pasting.cells;
  return (
    <Modal
      open
      title="对应粘贴的列"
      okText={`粘贴 ${pasting.cells.length - 1} 行`}
      cancelText="取消"
      onOk={() => onTake(mapping)}
      onCancel={onClose}
      width={560}
    >
      <p className="quiet">请选择每一列的含义；选“不要”的列不会粘贴。所选按客户保存，下次自动使用。</p>
      <table className="paste-map">
        <thead>
          <tr>
            <th scope="col">粘贴的列</th>
            <th scope="col">第一行内容</th>
            <th scope="col">本页的列</th>
          </tr>
        </thead>
        <tbody>
          {first.map((heading, col) => (
            <tr key={`${col}${heading}`}>
              <td>{heading}</td>
              <td className="quiet">{second[col]}</td>
              <td>
                <select
                  aria-label={`${heading} 对应`}
                  value={mapping[col] ?? ""}
                  onChange={(event) => setMapping((old) => old.map((name, at) => (at === col ? event.target.value || null : name)))}
                >
                  <option value="">不要</option>
                  {fields.map((field) => (
                    <option key={field.name} value={field.name} disabled={mapping.includes(field.name) && mapping[col] !== field.name}>
                      {field.label}
                    </option>
                  ))}
                </select>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
