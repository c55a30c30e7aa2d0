/** Ranges and changes of a grid of rows, without a view. */
import type { Cell } from "./keys";

export type Range = { top: number; bottom: number; left: number; right: number };
export type GridRow = Readonly<Record<string, string>>;
export type CellChange = { row: number; name: string; value: string };

export function rangeOf(a: Cell, b: Cell): Range {
  return {
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
    left: Math.min(a.col, b.col),
    right: Math.max(a.col, b.col),
  };
}

export function isOne(range: Range): boolean {
  return range.top === range.bottom && range.left === range.right;
}

/** The first line of the range in all its lines; of a single cell, the one above it. */
export function filledDown(rows: readonly GridRow[], names: readonly string[], range: Range): CellChange[] {
  const from = range.top === range.bottom ? range.top - 1 : range.top;
  const source = rows[from];
  if (!source) return [];
  const changes: CellChange[] = [];
  for (let row = from + 1; row <= range.bottom; row += 1) {
    for (const name of names.slice(range.left, range.right + 1)) {
      const value = source[name] ?? "";
      if ((rows[row]?.[name] ?? "") !== value) changes.push({ row, name, value });
    }
  }
  return changes;
}

export function cleared(rows: readonly GridRow[], names: readonly string[], range: Range): CellChange[] {
  const changes: CellChange[] = [];
  for (let row = range.top; row <= range.bottom; row += 1) {
    for (const name of names.slice(range.left, range.right + 1)) {
      if (rows[row]?.[name]) changes.push({ row, name, value: "" });
    }
  }
  return changes;
}

export function copied(rows: readonly GridRow[], names: readonly string[], range: Range): string[][] {
  return rows.slice(range.top, range.bottom + 1).map((row) => names.slice(range.left, range.right + 1).map((name) => row[name] ?? ""));
}

/** What a paste at a cell means: changes of rows that are there, and rows that are new. A single value fills the range. */
export function pasted(
  cells: readonly (readonly string[])[],
  names: readonly (string | null)[],
  at: { row: number; rows: number; bottom: number },
): { changes: CellChange[]; added: Record<string, string>[] } {
  const changes: CellChange[] = [];
  const added: Record<string, string>[] = [];
  const single = cells.length === 1 && at.bottom > at.row;
  const count = single ? at.bottom - at.row + 1 : cells.length;
  for (let line = 0; line < count; line += 1) {
    const values = cells[single ? 0 : line] ?? [];
    const row = at.row + line;
    const target: Record<string, string> | null = row < at.rows ? null : {};
    values.forEach((value, col) => {
      const name = names[col];
      if (!name) return;
      if (target === null) changes.push({ row, name, value });
      else if (value.trim() !== "") target[name] = value;
    });
    if (target !== null) added.push(target);
  }
  return { changes, added };
}

/** The next cell that has the text, after this one and then from the top. */
export function found(rows: readonly GridRow[], names: readonly string[], text: string, from: Cell, back = false): Cell | null {
  const wanted = text.trim().toLowerCase();
  const total = rows.length * names.length;
  if (wanted === "" || total === 0) return null;
  const start = from.row * names.length + from.col;
  for (let step = 1; step <= total; step += 1) {
    const at = (((start + (back ? -step : step)) % total) + total) % total;
    const cell = { row: Math.floor(at / names.length), col: at % names.length };
    if ((rows[cell.row]?.[names[cell.col] as string] ?? "").toLowerCase().includes(wanted)) return cell;
  }
  return null;
}

/** The lines a view of this height shows, with a few more above and below. */
export function window(scrollTop: number, height: number, lineHeight: number, count: number): { first: number; end: number } {
  const spare = 8;
  const first = Math.max(0, Math.floor(scrollTop / lineHeight) - spare);
  return { first, end: Math.min(count, Math.ceil((scrollTop + height) / lineHeight) + spare) };
}
