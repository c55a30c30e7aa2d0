/** Which columns a list shows, in which order and how wide. */
import { Button, Modal } from "antd";
import { useEffect, useState } from "react";
import type { Kind } from "@/catalogue/types";
import { NARROWEST } from "./rows";

type Props = { kind: Kind; open: boolean; columns: string[]; standard: string[]; widthOf: (name: string) => number; onWidth: (name: string, width: number) => void; onClose: () => void; onColumns: (columns: string[]) => void };

const NEVER = new Set(["id", "kind", "state", "enterprise_id", "team_id", "client_id", "version", "used_by"]);

export function ColumnsDialog({ kind, open, columns, standard, widthOf, onWidth, onClose, onColumns }: Props): React.ReactNode {
  const [shown, setShown] = useState(columns);
  useEffect(() => {
    if (open) setShown(columns);
  }, [open, columns]);
  const hidden = Object.keys(kind.columns).filter((name) => !shown.includes(name) && !NEVER.has(name));
  const move = (at: number, by: number): void =>
    setShown((before) => {
      const next = [...before];
      const [name] = next.splice(at, 1);
      if (name) next.splice(at + by, 0, name);
      return next;
    });
  return (
    <Modal
      open={open}
      title="显示的列"
      width={660}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={() => setShown(standard)}>恢复标准列</Button>
          <Button
            type="primary"
            disabled={shown.length === 0}
            onClick={() => {
              onColumns(shown);
              onClose();
            }}
          >
            确定
          </Button>
        </>
      }
    >
      <div className="columns-two">
        <section>
          <h2>显示（从左到右）和宽度</h2>
          <ul>
            {shown.map((name, at) => (
              <li key={name}>
                <span>{kind.columns[name] ?? name}</span>
                <input
                  type="number"
                  className="plain-input"
                  aria-label={`${kind.columns[name] ?? name}的宽度`}
                  title="宽度"
                  min={NARROWEST}
                  max={800}
                  step={10}
                  value={widthOf(name)}
                  onChange={(event) => onWidth(name, Math.max(NARROWEST, event.target.valueAsNumber || NARROWEST))}
                />
                <button type="button" aria-label={`${kind.columns[name] ?? name}前移`} disabled={at === 0} onClick={() => move(at, -1)}>
                  ↑
                </button>
                <button type="button" aria-label={`${kind.columns[name] ?? name}后移`} disabled={at === shown.length - 1} onClick={() => move(at, 1)}>
                  ↓
                </button>
                <button type="button" aria-label={`不显示${kind.columns[name] ?? name}`} onClick={() => setShown((before) => before.filter((each) => each !== name))}>
                  ×
                </button>
              </li>
            ))}
          </ul>
        </section>
        <section>
          <h2>可以加上</h2>
          <ul>
            {hidden.map((name) => (
              <li key={name}>
                <span>{kind.columns[name] ?? name}</span>
                <button type="button" aria-label={`显示${kind.columns[name] ?? name}`} onClick={() => setShown((before) => [...before, name])}>
                  +
                </button>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </Modal>
  );
}
