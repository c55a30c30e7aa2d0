/** Rows of a list: fixed heights, only what is seen is there, columns that can be pulled wider, keys instead of a mouse. */
import { Link, useNavigate } from "@tanstack/react-router";
import { useLayoutEffect, useRef, useState } from "react";
import type { Kind } from "@/catalogue/types";
import { StateTag } from "@/parts/StateTag";
import { cell, NARROWEST, widthOf, type Row } from "./rows";

type Props = {
  kind: Kind;
  rows: Row[];
  columns: string[];
  widths: Record<string, number>;
  onWidth: (name: string, width: number) => void;
  chosen: Set<string>;
  onChosen: (chosen: Set<string>) => void;
  changed: (id: string) => boolean;
  onEnd: () => void;
  busy: boolean;
  empty: React.ReactNode;
};

const AHEAD = 12;

export function ListTable({ kind, rows, columns, widths, onWidth, chosen, onChosen, changed, onEnd, busy, empty }: Props): React.ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, row: 27 });
  const [active, setActive] = useState(0);
  const last = useRef(0);
  const navigate = useNavigate();

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = (): void => {
      const row = parseInt(getComputedStyle(element).getPropertyValue("--row"), 10) || 27;
      setView({ top: element.scrollTop, height: element.clientHeight, row });
      if (element.scrollTop + element.clientHeight > element.scrollHeight - 20 * row) onEnd();
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [onEnd, rows.length]);

  const first = Math.max(0, Math.floor(view.top / view.row) - AHEAD);
  const until = Math.min(rows.length, Math.ceil((view.top + view.height) / view.row) + AHEAD);
  const all = rows.length > 0 && rows.every((row) => chosen.has(row.id));

  function choose(at: number, upTo: boolean): void {
    const next = new Set(chosen);
    const id = rows[at]?.id;
    if (!id) return;
    if (upTo) for (let n = Math.min(at, last.current); n <= Math.max(at, last.current); n++) next.add(rows[n]?.id ?? id);
    else if (!next.delete(id)) next.add(id);
    last.current = at;
    onChosen(next);
  }

  function go(to: number): void {
    const at = Math.max(0, Math.min(rows.length - 1, to));
    setActive(at);
    const element = box.current;
    if (!element) return;
    const y = at * view.row;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + 2 * view.row > element.scrollTop + element.clientHeight) element.scrollTop = y + 2 * view.row - element.clientHeight;
  }

  function onKey(event: React.KeyboardEvent): void {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const page = Math.floor(view.height / view.row) - 2;
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    const row = rows[active];
    if (event.key in moves) go(active + (moves[event.key] ?? 0));
    else if (event.key === " " && row) choose(active, event.shiftKey);
    else if (event.key === "Enter" && row && event.target === box.current) {
      void navigate({ to: "/$system/$kind/$id", params: { system: row.system.toLowerCase(), kind: kind.url, id: row.id } });
    } else return;
    event.preventDefault();
  }

  const total = 36 + columns.reduce((sum, name) => sum + (widths[name] ?? widthOf(name)), 0);
  return (
    <div className="list-box" ref={box} tabIndex={0} onKeyDown={onKey} aria-label={`${kind.label}列表`} role="region">
      <table className="list" style={{ width: total }}>
        <colgroup>
          <col style={{ width: 36 }} />
          {columns.map((name) => (
            <col key={name} style={{ width: widths[name] ?? widthOf(name) }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th scope="col">
              <input
                type="checkbox"
                aria-label="选中已显示的全部单证"
                checked={all}
                onChange={() => onChosen(all ? new Set() : new Set(rows.map((row) => row.id)))}
              />
            </th>
            {columns.map((name) => (
              <th key={name} scope="col" title={kind.columns[name]}>
                {kind.columns[name] ?? name}
                <Handle onWidth={(width) => onWidth(name, width)} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden style={{ height: first * view.row }} />}
          {rows.slice(first, until).map((row, offset) => {
            const at = first + offset;
            return (
              <tr
                key={row.id}
                className={at === active ? "active" : undefined}
                data-chosen={chosen.has(row.id) || undefined}
                data-changed={changed(row.id) || undefined}
                onClick={() => setActive(at)}
                onDoubleClick={() =>
                  void navigate({ to: "/$system/$kind/$id", params: { system: row.system.toLowerCase(), kind: kind.url, id: row.id } })
                }
              >
                <td>
                  <input
                    type="checkbox"
                    aria-label={`选中 ${row.internal_no}`}
                    checked={chosen.has(row.id)}
                    onClick={(event) => choose(at, event.shiftKey)}
                    onChange={() => undefined}
                  />
                </td>
                {columns.map((name) => (
                  <td key={name} title={cell(row, name)}>
                    <Cell kind={kind} row={row} name={name} />
                  </td>
                ))}
              </tr>
            );
          })}
          {until < rows.length && <tr aria-hidden style={{ height: (rows.length - until) * view.row }} />}
        </tbody>
      </table>
      {busy && <p className="list-foot quiet">正在读取…</p>}
      {!busy && rows.length === 0 && empty}
    </div>
  );
}

function Cell({ kind, row, name }: { kind: Kind; row: Row; name: string }): React.ReactNode {
  if (name === "state_label") {
    return (
      <>
        <StateTag state={row.state} label={row.state_label} />
        {row.open_round && <span className="list-mark" data-tone="busy">{row.open_round.label}</span>}
        {row.overdue && <span className="list-mark" data-tone="bad">逾期</span>}
        {row.needs_operator && <span className="list-mark" data-tone="warn">待处理</span>}
      </>
    );
  }
  if (name === "internal_no") {
    return (
      <Link to="/$system/$kind/$id" params={{ system: row.system.toLowerCase(), kind: kind.url, id: row.id }}>
        {row.internal_no}
      </Link>
    );
  }
  return cell(row, name);
}

/** The right edge of a heading, to be pulled. */
function Handle({ onWidth }: { onWidth: (width: number) => void }): React.ReactNode {
  return (
    <span
      className="list-handle"
      onPointerDown={(event) => {
        const cellBox = event.currentTarget.parentElement as HTMLElement;
        const from = event.clientX;
        const before = cellBox.offsetWidth;
        const handle = event.currentTarget;
        handle.setPointerCapture(event.pointerId);
        const move = (moved: PointerEvent): void => onWidth(Math.max(NARROWEST, before + moved.clientX - from));
        handle.addEventListener("pointermove", move);
        handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", move), { once: true });
      }}
    />
  );
}
