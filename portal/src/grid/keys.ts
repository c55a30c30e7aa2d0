/** What a key means in the grid: a pure function of the event and of where one stands. */

export type Cell = { row: number; col: number };
/** "over": what is typed takes the place of the value; "in": the caret moves within it. */
export type Mode = "idle" | "over" | "in";

export type Press = {
  key: string;
  ctrl: boolean;
  shift: boolean;
  alt: boolean;
  /** The Chinese input method is at work: every key is its own. */
  composing: boolean;
};

export type Context = {
  active: Cell;
  rows: number;
  cols: number;
  /** Rows that a page down moves. */
  page: number;
  mode: Mode;
  /** A list of codes is open below the cell. */
  choosing: boolean;
};

export type Action =
  | { do: "move"; to: Cell; extend: boolean; commit: boolean }
  | { do: "choose"; by: 1 | -1 }
  | { do: "append" }
  | { do: "edit" }
  | { do: "cancel" }
  | { do: "clear" }
  | { do: "fill-down" }
  | { do: "insert"; above: boolean }
  | { do: "delete-rows" }
  | { do: "move-rows"; by: 1 | -1 }
  | { do: "duplicate" }
  | { do: "select-all" }
  | { do: "select-rows" }
  | { do: "open-form" }
  | { do: "find" }
  | { do: "leave"; back: boolean };

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}

export function actionOf(press: Press, at: Context): Action | null {
  if (press.composing) return null;
  const { key, ctrl, shift, alt } = press;
  const { active, rows, cols, mode } = at;
  const last: Cell = { row: rows - 1, col: cols - 1 };
  const move = (row: number, col: number, extend = false): Action => ({
    do: "move",
    to: { row: clamp(row, last.row), col: clamp(col, last.col) },
    extend,
    commit: mode !== "idle",
  });

  if (ctrl && !alt) {
    if (key === "Enter") return { do: "open-form" };
    if (key === "d" || key === "D") return { do: "fill-down" };
    if (key === "f" || key === "F") return { do: "find" };
    if (key === "Insert" || key === "+" || key === "=") return { do: "insert", above: !shift };
    if (key === "-" || key === "Delete") return { do: "delete-rows" };
    if (mode === "in") return null;
    if (key === "a" || key === "A") return mode === "idle" ? { do: "select-all" } : null;
    if (key === " ") return { do: "select-rows" };
    if (key === "Home") return move(0, 0, shift);
    if (key === "End") return move(last.row, last.col, shift);
    if (key === "ArrowUp") return move(0, active.col, shift);
    if (key === "ArrowDown") return move(last.row, active.col, shift);
    if (key === "ArrowLeft") return mode === "idle" ? move(active.row, 0, shift) : null;
    if (key === "ArrowRight") return mode === "idle" ? move(active.row, last.col, shift) : null;
    return null;
  }
  if (alt) {
    if (key === "ArrowUp") return { do: "move-rows", by: -1 };
    if (key === "ArrowDown") return { do: "move-rows", by: 1 };
    if (key === "c" || key === "C") return { do: "duplicate" };
    return null;
  }
  switch (key) {
    case "F2":
      return { do: "open-form" };
    case "F4":
      return mode === "in" ? null : { do: "edit" };
    case "Escape":
      return { do: "cancel" };
    case "Enter":
      if (shift) return active.col > 0 ? move(active.row, active.col - 1) : move(active.row - 1, last.col);
      if (active.col < last.col) return move(active.row, active.col + 1);
      return active.row < last.row ? move(active.row + 1, 0) : { do: "append" };
    case "Tab":
      if (shift) {
        if (active.col > 0) return move(active.row, active.col - 1);
        return active.row > 0 ? move(active.row - 1, last.col) : { do: "leave", back: true };
      }
      if (active.col < last.col) return move(active.row, active.col + 1);
      return active.row < last.row ? move(active.row + 1, 0) : { do: "leave", back: false };
    case "ArrowUp":
    case "ArrowDown": {
      const by = key === "ArrowUp" ? -1 : 1;
      if (at.choosing) return { do: "choose", by };
      return move(active.row + by, active.col, shift && mode === "idle");
    }
    case "ArrowLeft":
      return mode === "in" ? null : move(active.row, active.col - 1, shift && mode === "idle");
    case "ArrowRight":
      return mode === "in" ? null : move(active.row, active.col + 1, shift && mode === "idle");
    case "PageUp":
      return move(active.row - at.page, active.col, shift && mode === "idle");
    case "PageDown":
      return move(active.row + at.page, active.col, shift && mode === "idle");
    case "Home":
      return mode === "idle" ? move(active.row, 0, shift) : null;
    case "End":
      return mode === "idle" ? move(active.row, last.col, shift) : null;
    case "Delete":
    case "Backspace":
      return mode === "idle" ? { do: "clear" } : null;
    default:
      return null;
  }
}

/** Keys of the grid for the help. */
export const GRID_KEYS: [key: string, does: string][] = [
  ["Enter", "下一格；最后一格时新增一行"],
  ["F2", "以表单录入本行（长文字、申报要素），也可 Ctrl+Enter"],
  ["F4", "在格内修改，不覆盖"],
  ["Ctrl+D", "向下填充选中的格"],
  ["Ctrl+Insert", "在上方插入一行；加 Shift 在下方"],
  ["Ctrl+Delete", "删除选中的行"],
  ["Alt+↑", "上移选中的行；Alt+↓ 下移"],
  ["Alt+C", "复制选中的行到下方"],
  ["Ctrl+F", "在表体中查找"],
  ["Shift+↓", "多选；Ctrl+Space 选整行，Ctrl+A 全选"],
  ["Ctrl+V", "粘贴 Excel 里复制的内容"],
];
