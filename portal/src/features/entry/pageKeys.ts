/** The keys of the page of entry. What moves within fields and grids is theirs. */

export const PAGE_KEYS: [string, string][] = [
  ["Enter", "下一项；代码为空时打开选择，备注中保存"],
  ["Shift+Enter", "上一项"],
  ["Ctrl+S", "暂存"],
  ["F9", "申报"],
  ["F6", "在表头和表体之间切换"],
  ["F7", "收起或展开表头"],
  ["F8", "下一处问题；Shift+F8 上一处"],
  ["Ctrl+Z", "撤销；Ctrl+Y 重做"],
  ["Alt+1", "第一个页签；Alt+2 第二个"],
];

export type PageAction =
  | { do: "save" }
  | { do: "declare" }
  | { do: "fold" }
  | { do: "problem"; back: boolean }
  | { do: "switch" }
  | { do: "undo" }
  | { do: "redo" }
  | { do: "tab"; at: number };

type Press = { key: string; ctrl: boolean; shift: boolean; alt: boolean; composing: boolean };

export function pageActionOf({ key, ctrl, shift, alt, composing }: Press): PageAction | null {
  if (composing) return null;
  const letter = key.toLowerCase();
  if (ctrl && !alt) {
    if (letter === "s") return { do: "save" };
    if (letter === "z") return shift ? { do: "redo" } : { do: "undo" };
    if (letter === "y") return { do: "redo" };
    return null;
  }
  if (alt) return !ctrl && /^[1-9]$/.test(key) ? { do: "tab", at: Number(key) - 1 } : null;
  switch (key) {
    case "F9":
      return { do: "declare" };
    case "F7":
      return { do: "fold" };
    case "F8":
      return { do: "problem", back: shift };
    case "F6":
      return { do: "switch" };
    default:
      return null;
  }
}
