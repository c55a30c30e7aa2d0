/** A grid for typing: one input, always focused, lies over the active cell, so the input method starts where it is. */
import { useCallback, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type Ref } from "react";
import { written } from "./clipboard";
import { frozenWidth, HEAD_WIDTH, lefts as leftsOf, widthOf, type Choice, type Column, type GridRow, type RowMarks } from "./columns";
import { GridLine } from "./GridLine";
import { actionOf, type Action, type Cell, type Mode } from "./keys";
import { cleared, copied, filledDown, isOne, rangeOf, window as windowOf, type CellChange, type Range } from "./model";
import "./grid.css";

export type GridHandle = { focus: (cell?: Cell) => void; active: () => Cell; range: () => Range };

type Props = {
  label: string;
  rows: readonly GridRow[];
  columns: readonly Column[];
  lineHeight?: number;
  readOnly?: boolean;
  marksOf: (row: number) => RowMarks | undefined;
  choicesOf: (column: Column, row: number, typed: string) => readonly Choice[];
  onCells: (changes: CellChange[], label: string) => void;
  onPaste: (text: string, at: Cell, range: Range) => void;
  onInsert: (at: number, rows: readonly GridRow[], label: string) => void;
  onRemove: (top: number, bottom: number) => void;
  onMove: (top: number, bottom: number, by: 1 | -1) => void;
  onForm: (row: number) => void;
  onFind: () => void;
  onLeave: (back: boolean) => void;
  onActive?: (cell: Cell) => void;
  ref?: Ref<GridHandle>;
};

export function Grid(props: Props): React.ReactNode {
  const { rows, columns, lineHeight = 28, marksOf, choicesOf, readOnly = false } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [active, setActive] = useState<Cell>({ row: 0, col: 0 });
  const [anchor, setAnchor] = useState<Cell>({ row: 0, col: 0 });
  const [mode, setMode] = useState<Mode>("idle");
  const [typed, setTyped] = useState("");
  const [choice, setChoice] = useState(0);
  const [view, setView] = useState({ top: 0, left: 0, height: 400, width: 800 });
  const composing = useRef(false);
  const dragging = useRef(false);

  const names = useMemo(() => columns.map((column) => column.name), [columns]);
  const places = useMemo(() => leftsOf(columns), [columns]);
  const at: Cell = { row: Math.min(active.row, Math.max(0, rows.length - 1)), col: Math.min(active.col, columns.length - 1) };
  const range = rangeOf(at, { row: Math.min(anchor.row, Math.max(0, rows.length - 1)), col: Math.min(anchor.col, columns.length - 1) });
  const column = columns[at.col] as Column;
  const choices = useMemo(
    () => (mode === "idle" ? [] : choicesOf(column, at.row, typed)),
    [mode, column, at.row, typed, choicesOf],
  );

  const show = useCallback(
    (cell: Cell) => {
      const box = scroller.current;
      const target = columns[cell.col];
      if (!box || !target) return;
      const top = cell.row * lineHeight;
      const room = box.clientHeight - lineHeight;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + lineHeight > box.scrollTop + room) box.scrollTop = top + lineHeight - room;
      if (target.frozen) return;
      const left = places[cell.col] as number;
      const kept = frozenWidth(columns);
      if (left < box.scrollLeft + kept) box.scrollLeft = left - kept;
      else if (left + target.width > box.scrollLeft + box.clientWidth) box.scrollLeft = left + target.width - box.clientWidth;
    },
    [columns, places, lineHeight],
  );

  const rest = (): void => {
    setMode("idle");
    setTyped("");
    setChoice(0);
    if (input.current) input.current.value = "";
  };

  const commit = (): void => {
    if (mode === "idle" || !input.current) return;
    const picked = choices[choice];
    const value = picked ? picked.value : input.current.value;
    rest();
    if (!column.readOnly && value !== (rows[at.row]?.[column.name] ?? ""))
      props.onCells([{ row: at.row, name: column.name, value }], `修改${column.label}`);
  };

  const go = (to: Cell, extend = false): void => {
    setActive(to);
    if (!extend) setAnchor(to);
    show(to);
    props.onActive?.(to);
  };

  /** Which of the list is taken while nobody moved in it. */
  const firstFor = (text: string): number => (text === "" || column.stands?.(text) ? -1 : 0);

  const begin = (how: Mode, value: string): void => {
    if (readOnly || column.readOnly || rows.length === 0) return;
    setMode(how);
    setTyped(value);
    setChoice(firstFor(value));
  };

  const run = (action: Action): void => {
    if (action.do !== "cancel" && action.do !== "choose" && action.do !== "edit") commit();
    switch (action.do) {
      case "move":
        return go(action.to, action.extend);
      case "choose":
        return setChoice((old) => (Math.max(old, action.by > 0 ? -1 : 0) + action.by + choices.length) % Math.max(1, choices.length));
      case "edit": {
        const value = rows[at.row]?.[column.name] ?? "";
        if (input.current && !column.readOnly && !readOnly) {
          input.current.value = value;
          begin("in", value);
        }
        return;
      }
      case "cancel":
        return mode === "idle" ? setAnchor(at) : rest();
      case "select-all":
        setAnchor({ row: 0, col: 0 });
        return setActive({ row: rows.length - 1, col: columns.length - 1 });
      case "select-rows":
        setAnchor({ row: range.top, col: 0 });
        return setActive({ row: range.bottom, col: columns.length - 1 });
      case "open-form":
        return props.onForm(at.row);
      case "find":
        return props.onFind();
      case "leave":
        return props.onLeave(action.back);
    }
    if (readOnly) return;
    switch (action.do) {
      case "append":
        props.onInsert(rows.length, [{}], "新增一行");
        return go({ row: rows.length, col: 0 });
      case "clear":
        return props.onCells(cleared(rows, names, range), "清空");
      case "fill-down":
        return props.onCells(filledDown(rows, names, range), "向下填充");
      case "insert":
        props.onInsert(action.above ? at.row : at.row + 1, [{}], "插入一行");
        return go({ row: action.above ? at.row : at.row + 1, col: 0 });
      case "delete-rows":
        props.onRemove(range.top, range.bottom);
        return go({ row: Math.max(0, Math.min(range.top, rows.length - (range.bottom - range.top) - 2)), col: at.col });
      case "move-rows": {
        const bottom = range.bottom + action.by;
        if (range.top + action.by < 0 || bottom >= rows.length) return;
        props.onMove(range.top, range.bottom, action.by);
        setAnchor({ row: anchor.row + action.by, col: anchor.col });
        setActive({ row: at.row + action.by, col: at.col });
        return show({ row: at.row + action.by, col: at.col });
      }
      case "duplicate":
        props.onInsert(range.bottom + 1, rows.slice(range.top, range.bottom + 1), "复制行");
        return go({ row: range.bottom + 1, col: at.col });
    }
  };

  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    const native = event.nativeEvent;
    const action = actionOf(
      {
        key: event.key,
        ctrl: event.ctrlKey || event.metaKey,
        shift: event.shiftKey,
        alt: event.altKey,
        composing: native.isComposing || native.keyCode === 229,
      },
      {
        active: at,
        rows: rows.length,
        cols: columns.length,
        page: Math.max(1, Math.floor(view.height / lineHeight) - 2),
        mode,
        choosing: choices.length > 0,
      },
    );
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    run(action);
  };

  const cellOf = (event: { target: EventTarget }): Cell | null => {
    const box = (event.target as HTMLElement).closest<HTMLElement>("[data-row]");
    if (!box) return null;
    return { row: Number(box.dataset.row), col: box.dataset.col === undefined ? -1 : Number(box.dataset.col) };
  };

  const onMouseDown = (event: React.MouseEvent): void => {
    if (event.button !== 0) return;
    const cell = cellOf(event);
    if (!cell) return;
    event.preventDefault();
    input.current?.focus({ preventScroll: true });
    commit();
    dragging.current = true;
    if (cell.col < 0) {
      setAnchor({ row: event.shiftKey ? anchor.row : cell.row, col: 0 });
      setActive({ row: cell.row, col: columns.length - 1 });
    } else go(cell, event.shiftKey);
  };

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const measure = (): void =>
      setView((old) => {
        const next = { top: box.scrollTop, left: box.scrollLeft, height: box.clientHeight || 400, width: box.clientWidth || 800 };
        return next.top === old.top && next.left === old.left && next.height === old.height && next.width === old.width ? old : next;
      });
    measure();
    box.addEventListener("scroll", measure, { passive: true });
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(measure);
    watch?.observe(box);
    const release = (): void => {
      dragging.current = false;
    };
    globalThis.addEventListener("mouseup", release);
    return () => {
      box.removeEventListener("scroll", measure);
      globalThis.removeEventListener("mouseup", release);
      watch?.disconnect();
    };
  }, []);

  useImperativeHandle(props.ref, () => ({
    focus: (cell) => {
      input.current?.focus({ preventScroll: true });
      if (cell) go(cell);
    },
    active: () => at,
    range: () => range,
  }));

  const { first, end } = windowOf(view.top, view.height, lineHeight, rows.length);
  const left = places[at.col] as number;
  const boxStyle = (r: Range): React.CSSProperties => {
    const from = places[r.left] as number;
    const to = (places[r.right] as number) + (columns[r.right]?.width ?? 0);
    return { top: (r.top + 1) * lineHeight, height: (r.bottom - r.top + 1) * lineHeight, left: from, width: to - from };
  };
  return (
    <div
      className="grid"
      ref={scroller}
      onMouseDown={onMouseDown}
      onMouseMove={(event) => {
        const cell = dragging.current ? cellOf(event) : null;
        if (cell && cell.col >= 0 && (cell.row !== at.row || cell.col !== at.col)) go(cell, true);
      }}
      onDoubleClick={(event) => cellOf(event) && run({ do: "edit" })}
    >
      <div role="grid" aria-label={props.label} aria-rowcount={rows.length + 1} aria-colcount={columns.length + 1} aria-readonly={readOnly}>
        <div className="grid-top" role="row" aria-rowindex={1} style={{ width: widthOf(columns), height: lineHeight }}>
          <div className="grid-head" role="columnheader" style={{ width: HEAD_WIDTH }}>
            行
          </div>
          {columns.map((one, col) => (
            <div
              key={one.name}
              className="grid-title"
              role="columnheader"
              data-end={one.end || undefined}
              data-frozen={one.frozen || undefined}
              data-needed={one.needed || undefined}
              title={one.hint ?? one.label}
              style={{ width: one.width, left: one.frozen ? places[col] : undefined }}
            >
              {one.label}
            </div>
          ))}
        </div>
        <div className="grid-body" role="rowgroup" style={{ width: widthOf(columns), height: Math.max(1, rows.length) * lineHeight }}>
          {rows.slice(first, end).map((row, offset) => (
            <GridLine
              key={first + offset}
              index={first + offset}
              row={row}
              columns={columns}
              lefts={places}
              marks={marksOf(first + offset)}
              top={(first + offset) * lineHeight}
              height={lineHeight}
            />
          ))}
        </div>
      </div>
      {rows.length > 0 && !isOne(range) && <div className="grid-range" style={boxStyle(range)} />}
      {rows.length > 0 && (
        <div
          className="grid-active"
          data-mode={mode}
          data-frozen={column.frozen || undefined}
          style={{
            top: (at.row + 1) * lineHeight,
            left: column.frozen ? left + view.left : left,
            width: mode === "idle" ? column.width : Math.max(column.width, Math.min(360, typed.length * 13 + 40)),
            height: lineHeight,
          }}
        >
          <input
            ref={input}
            className="grid-input"
            aria-label={`第${at.row + 1}行 ${column.label}`}
            data-end={(column.end && mode !== "in") || undefined}
            autoComplete="off"
            spellCheck={false}
            onKeyDown={onKeyDown}
            onCompositionStart={() => {
              composing.current = true;
              if (mode === "idle") begin("over", "");
            }}
            onCompositionEnd={(event) => {
              composing.current = false;
              setTyped(event.currentTarget.value);
            }}
            onInput={(event) => {
              const { value } = event.currentTarget;
              if (readOnly || column.readOnly) {
                if (!composing.current) event.currentTarget.value = "";
                return;
              }
              if (mode === "idle") begin("over", value);
              else setTyped(value);
              setChoice(firstFor(value));
            }}
            onBlur={() => commit()}
            onCopy={(event) => {
              if (mode !== "idle") return;
              event.preventDefault();
              event.clipboardData.setData("text/plain", written(copied(rows, names, range)));
            }}
            onCut={(event) => {
              if (mode !== "idle" || readOnly) return;
              event.preventDefault();
              event.clipboardData.setData("text/plain", written(copied(rows, names, range)));
              props.onCells(cleared(rows, names, range), "剪切");
            }}
            onPaste={(event) => {
              if (mode === "in" || readOnly) return;
              event.preventDefault();
              rest();
              props.onPaste(event.clipboardData.getData("text/plain"), { row: range.top, col: range.left }, range);
            }}
          />
          {choices.length > 0 && (
            <ul className="choices" role="listbox" aria-label={column.label}>
              {choices.map((one, index) => (
                <li
                  key={`${one.value} ${index}`}
                  role="option"
                  aria-selected={index === choice}
                  onMouseDown={(event) => {
                    event.preventDefault();
                    event.stopPropagation();
                    rest();
                    props.onCells([{ row: at.row, name: column.name, value: one.value }], `修改${column.label}`);
                  }}
                >
                  <span className="mono">{one.value}</span> {one.label}
                  {one.detail && <span className="choice-detail">{one.detail}</span>}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </div>
  );
}
