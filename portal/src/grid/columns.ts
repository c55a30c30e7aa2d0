/** What the grid is told about a column and about what stands in a cell. */
import type { GridRow } from "./model";

export type Column = {
  name: string;
  label: string;
  width: number;
  end?: boolean;
  frozen?: boolean;
  readOnly?: boolean;
  needed?: boolean;
  hint?: string;
  /** What is shown for a value, e.g. a code with its name. */
  show?: (value: string) => string;
  /** What was typed may be the value itself, though a list offers others: then an arrow alone chooses. */
  stands?: (typed: string) => boolean;
};

export type Choice = { value: string; label: string; detail?: string };
export type Mark = { tone: "bad" | "warn" | "made"; text: string };
export type RowMarks = Readonly<Record<string, Mark>>;

/** The place of each column from the left, the head of the line included. */
export const HEAD_WIDTH = 46;

export function lefts(columns: readonly Column[]): number[] {
  let left = HEAD_WIDTH;
  return columns.map((column) => {
    const at = left;
    left += column.width;
    return at;
  });
}

export function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width, HEAD_WIDTH);
}

export function frozenWidth(columns: readonly Column[]): number {
  return columns.filter((column) => column.frozen).reduce((sum, column) => sum + column.width, HEAD_WIDTH);
}

export type { GridRow };
