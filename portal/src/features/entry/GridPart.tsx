/** The lines of one section: the grid with its find, paste, totals and the form of a line. */
import { memo, useCallback, useImperativeHandle, useMemo, useRef, useState, useSyncExternalStore, type Ref } from "react";
import { flushSync } from "react-dom";
import type { Section } from "@/catalogue/types";
import { tidied } from "@/catalogue/values";
import { isNeeded } from "@/document/checks";
import { objectOf, rowAt, rowsOf, type Patch, type Row } from "@/document/patches";
import { pointerOf } from "@/document/pointer";
import { choicesIn, withName } from "@/fields/choices";
import { hintOf } from "@/fields/FieldBox";
import { Lookups } from "@/fields/finding";
import type { Choice, Column, RowMarks } from "@/grid/columns";
import { mappingOf, meaningsOf, parsed, unknownIn } from "@/grid/clipboard";
import { Grid, type GridHandle } from "@/grid/Grid";
import type { Cell } from "@/grid/keys";
import { found, pasted, type CellChange } from "@/grid/model";
import type { GridLayout } from "@/kinds/layout";
import type { Entry } from "./entry";
import { finderOf } from "./finders";
import { LineForm } from "./LineForm";
import { PasteMapping, useMeanings, type Pasting } from "./PasteMapping";
import { totalsOf } from "./totals";

export type GridPartHandle = { focus: (cell?: { row: number; name: string | null }) => void };

type Props = {
  entry: Entry;
  section: Section;
  layout: GridLayout;
  readOnly: boolean;
  onLeave: (back: boolean) => void;
  ref?: Ref<GridPartHandle>;
};

const WIDTHS: Record<string, number> = { name: 170, specification: 200, hs_code: 104, material_no: 110, remark: 140, bill_no: 220, stock_bill_no: 220 };

function widthOf(type: string, name: string, label: string): number {
  const fit = label.length * 12 + 24;
  const usual = WIDTHS[name] ?? { decimal: 96, integer: 74, code: 112, date: 92 }[type] ?? 120;
  return Math.max(usual, Math.min(fit, 132));
}

export const GridPart = memo(function GridPart({ entry, section, layout, readOnly, onLeave, ref }: Props) {
  const { store, tables } = entry;
  useSyncExternalStore(entry.subscribe, entry.snapshot);
  const findings = useSyncExternalStore(store.subscribe, store.findings);
  const rows = rowsOf(store.doc(), section.name);
  const head = objectOf(store.doc(), "head");
  const grid = useRef<GridHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const [finding, setFinding] = useState<string | null>(null);
  const [formRow, setFormRow] = useState<number | null>(null);
  const [pasting, setPasting] = useState<Pasting | null>(null);
  const [last, setPasted] = useState<Pasting | null>(null);
  const meanings = useMeanings(entry, section.name);
  const fields = useMemo(() => new Map(section.fields.map((field) => [field.name, field])), [section]);

  const neededNames = layout.columns
    .filter((name) => {
      const field = fields.get(name);
      return field && isNeeded(field, section.name, {}, head);
    })
    .join();
  const columns = useMemo<Column[]>(() => {
    const needed = new Set(neededNames.split(","));
    return layout.columns.flatMap((name, index) => {
      const field = fields.get(name);
      if (!field) return [];
      const table = field.table ? tables.get(field.table) : undefined;
      return [
        {
          name,
          label: field.label,
          width: widthOf(field.type, name, field.label),
          end: field.type === "decimal" || field.type === "integer",
          frozen: index < layout.frozen,
          needed: needed.has(name),
          hint: hintOf(field),
          show: table ? (value: string) => withName(table, value) : undefined,
          stands: finderOf(entry, section, name)?.stands,
        },
      ];
    });
  }, [entry, section, layout, fields, tables, neededNames]);

  const names = useMemo(() => columns.map((column) => column.name), [columns]);

  const marks = useMemo(() => {
    const byRow = new Map<number, Record<string, { tone: "bad" | "warn"; text: string }>>();
    const put = (tone: "bad" | "warn", list: typeof findings.errors): void => {
      for (const one of list) {
        const [, part, at, name] = one.pointer.split("/");
        if (part !== section.name || at === undefined) continue;
        const row = byRow.get(Number(at)) ?? {};
        row[name ?? ""] = { tone, text: [one.message, one.hint].filter(Boolean).join("\n") };
        byRow.set(Number(at), row);
      }
    };
    put("warn", findings.warnings);
    put("bad", findings.errors);
    return byRow;
  }, [findings, section.name]);
  const marksOf = useCallback((row: number): RowMarks | undefined => marks.get(row), [marks]);

  const [lookups] = useState(() => new Lookups());
  const answered = useSyncExternalStore(lookups.subscribe, lookups.version);
  const choicesOf = useCallback(
    (column: Column, row: number, typed: string): readonly Choice[] => {
      const field = fields.get(column.name);
      if (field?.table) return choicesIn(tables.get(field.table), typed);
      const finder = finderOf(entry, section, column.name);
      return finder ? lookups.of(finder, column.name, typed, rowAt(store.doc(), section.name, row)) : [];
    },
    // Drawn anew when an answer comes.
    [fields, tables, entry, section, store, lookups, answered],
  );

  const tidy = (name: string, value: string): string => {
    const field = fields.get(name);
    if (!field) return value;
    const text = tidied(field, value);
    const table = field.table ? tables.get(field.table) : undefined;
    if (!table || text === "" || table.byCode.has(text)) return text;
    // From a sheet comes "502 美元", "美元" or "USD".
    const first = text.split(/[\s:：-]/)[0] ?? "";
    if (table.byCode.has(first)) return first;
    const named = table.rows.find((row) => row.name === value.trim() || (row.alpha !== "" && row.alpha === text));
    return named ? named.code : text;
  };

  const setCells = (changes: readonly CellChange[], label: string): void => {
    const [one, ...more] = changes;
    const taken = one && more.length === 0 && one.value !== "" ? lookups.taken(one.name, one.value) : undefined;
    if (one && taken) return entry.fillFrom(pointerOf(section.name, one.row, one.name), taken);
    const patches: Patch[] = changes.map(({ row, name, value }) => ({ op: "set", section: section.name, row, name, value: tidy(name, value) }));
    store.change(label, patches);
    void entry.fill(changes.slice(0, 500).map(({ row, name }) => pointerOf(section.name, row, name)));
  };

  const insert = (at: number, added: readonly Row[], label: string): void => {
    const insertable = added.map((row) => {
      const { [layout.numbered ?? ""]: _, ...rest } = row;
      return rest;
    });
    store.change(label, [{ op: "splice", section: section.name, at, remove: 0, insert: insertable }]);
  };

  /** The first line stands there and has the focus before the next letter comes. */
  const begin = (): void => {
    flushSync(() => insert(0, [{}], "新增一行"));
    grid.current?.focus({ row: 0, col: 0 });
  };

  const take = (cells: readonly (readonly string[])[], target: readonly (string | null)[], row: number, bottom: number): void => {
    const { changes, added } = pasted(cells, target, { row, rows: rows.length, bottom });
    const patches: Patch[] = changes.map((one) => ({ op: "set", section: section.name, row: one.row, name: one.name, value: tidy(one.name, one.value) }));
    const clean = added.map((one) => Object.fromEntries(Object.entries(one).map(([name, value]) => [name, tidy(name, value)])));
    if (clean.length > 0) patches.push({ op: "splice", section: section.name, at: rows.length, remove: 0, insert: clean });
    store.change(`粘贴${cells.length}行`, patches);
    void entry.fill(
      Array.from({ length: Math.min(cells.length, 500) }, (_, line) => pointerOf(section.name, row + line, names.includes("material_no") ? "material_no" : "hs_code")),
    );
  };

  const onPaste = (text: string, at: Cell, range: { bottom: number }): void => {
    const cells = parsed(text);
    const headings = section.fields.map((field) => ({ name: field.name, label: field.label }));
    const [first = [], second = []] = cells;
    const mapping = cells.length > 1 ? mappingOf(first, headings, meanings.kept, second) : null;
    const empty = rows.length === 1 && Object.keys(rows[0] ?? {}).length === 0;
    if (mapping) {
      const one = { cells, mapping, row: empty ? 0 : at.row };
      if (unknownIn(first, mapping, meanings.kept)) setPasting(one);
      else {
        take(cells.slice(1), mapping, one.row, one.row);
        setPasted(one);
      }
    } else take(cells, names.slice(at.col), at.row, range.bottom);
    grid.current?.focus();
  };

  /** The columns of the last paste mean something else: it is taken back and done anew. */
  const again = (): void => {
    if (!last) return;
    if (store.undoLabel()?.startsWith("粘贴")) store.undo();
    setPasting(last);
    setPasted(null);
  };

  const find = (back = false): void => {
    const from = grid.current?.active() ?? { row: 0, col: 0 };
    const cell = found(rows, names, finding ?? "", from, back);
    if (cell) grid.current?.focus(cell);
    search.current?.focus();
  };

  useImperativeHandle(ref, () => ({
    focus: (cell) => {
      if (rows.length === 0 && !readOnly) return begin();
      const col = cell?.name ? names.indexOf(cell.name) : 0;
      grid.current?.focus(cell ? { row: cell.row, col: Math.max(0, col) } : undefined);
    },
  }));

  // Added up when rows change, not when an answer comes while somebody types.
  const totals = useMemo(() => totalsOf(section, layout, rows, tables), [section, layout, rows, tables]);
  return (
    <div className="grid-part">
      {finding !== null && (
        <div className="grid-find" role="search">
          <input
            ref={search}
            autoFocus
            aria-label="在表体中查找"
            placeholder="查找，Enter 下一处"
            value={finding}
            onChange={(event) => setFinding(event.target.value)}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229) return;
              if (event.key === "Enter") find(event.shiftKey);
              else if (event.key === "Escape") {
                setFinding(null);
                grid.current?.focus();
              } else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
        </div>
      )}
      {rows.length === 0 ? (
        <div
          className="grid-empty"
          tabIndex={readOnly ? -1 : 0}
          role="group"
          aria-label={section.label}
          onClick={() => readOnly || begin()}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || readOnly) return;
            event.preventDefault();
            event.stopPropagation();
            begin();
          }}
          onPaste={(event) => {
            if (readOnly) return;
            const text = event.clipboardData.getData("text/plain");
            flushSync(() => onPaste(text, { row: 0, col: 0 }, { bottom: 0 }));
            grid.current?.focus({ row: 0, col: 0 });
          }}
        >
          <p>还没有内容。按 Enter 新增一行，或把 Excel 里的内容复制后在此粘贴。</p>
          <button type="button" className="plain-button" disabled={readOnly}>
            新增一行
          </button>
        </div>
      ) : (
        <Grid
          ref={grid}
          label={section.label}
          rows={rows}
          columns={columns}
          readOnly={readOnly}
          marksOf={marksOf}
          choicesOf={choicesOf}
          onCells={setCells}
          onPaste={onPaste}
          onInsert={insert}
          onRemove={(top, bottom) => store.change("删除行", [{ op: "splice", section: section.name, at: top, remove: bottom - top + 1, insert: [] }])}
          onMove={(top, bottom, by) => {
            const other = rows[by < 0 ? top - 1 : bottom + 1] as Row;
            const block = rows.slice(top, bottom + 1);
            const at = by < 0 ? top - 1 : top;
            const ordered = by < 0 ? [...block, other] : [other, ...block];
            store.change("移动行", [{ op: "splice", section: section.name, at, remove: ordered.length, insert: ordered }]);
          }}
          onForm={setFormRow}
          // At once, so that the next letter is already the search's.
          onFind={() => flushSync(() => setFinding((old) => old ?? ""))}
          onLeave={onLeave}
        />
      )}
      <div className="grid-foot">
        <span>
          共 <b>{rows.length}</b> 行
        </span>
        {totals.map(([label, value]) => (
          <span key={label}>
            {label} <b className="mono">{value}</b>
          </span>
        ))}
        {last && (
          <span>
            已按列名粘贴 {last.mapping.filter(Boolean).length} 列
            <button type="button" className="plain-button" onClick={again}>
              更改列的对应
            </button>
          </span>
        )}
      </div>
      {formRow !== null && rows[formRow] && (
        <LineForm
          entry={entry}
          section={section}
          layout={layout}
          row={formRow}
          count={rows.length}
          readOnly={readOnly}
          onRow={setFormRow}
          onClose={() => {
            const row = formRow;
            setFormRow(null);
            requestAnimationFrame(() => grid.current?.focus({ row, col: grid.current.active().col }));
          }}
        />
      )}
      {pasting && (
        <PasteMapping
          pasting={pasting}
          fields={section.fields.filter((field) => names.includes(field.name))}
          onClose={() => setPasting(null)}
          onTake={(mapping) => {
            meanings.keep(meaningsOf(pasting.cells[0] ?? [], mapping));
            take(pasting.cells.slice(1), mapping, pasting.row, pasting.row);
            setPasted({ ...pasting, mapping });
            setPasting(null);
            grid.current?.focus();
          }}
        />
      )}
    </div>
  );
});
