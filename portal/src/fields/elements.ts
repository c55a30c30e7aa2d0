/** 申报要素 in one text, parted by bars: its parts, their names, and the text again. */

const BAR = "|";
/** How the tariff's own list is written: 1:品名;2:品牌类型;3:出口享惠情况. */
const LISTED = /^\s*\d{1,2}\s*[:：.、]\s*/;
/** Without a list of names the first two are told by their digits: 品牌类型 0–4, 出口享惠情况 0–3. */
const BRAND_AND_BENEFIT = /^[0-4]\|[0-3](\||$)/;

export function partsOf(text: string): string[] {
  return text === "" ? [] : text.split(BAR);
}

/** Empty ones at the end say nothing. */
export function joined(parts: readonly string[]): string {
  let end = parts.length;
  while (end > 0 && (parts[end - 1] ?? "") === "") end -= 1;
  return parts.slice(0, end).join(BAR);
}

/** One part changed; a bar in it begins the next ones. */
export function withPart(text: string, at: number, value: string): string {
  const parts = partsOf(text);
  while (parts.length <= at) parts.push("");
  const typed = value.replaceAll("\n", " ").split(BAR);
  // A bar typed behind a part leads on; several of them, e.g. of a paste, fill what follows.
  if (typed.length === 2 && typed[1] === "") typed.pop();
  parts.splice(at, typed.length, ...typed);
  return joined(parts);
}

/** What each part is called, "" where nobody knows. */
export function namesFor(text: string, known: readonly string[] | undefined): string[] {
  const count = Math.max(partsOf(text).length, known?.length ?? 0, 1);
  const guessed = !known && BRAND_AND_BENEFIT.test(text) ? ["品牌类型", "出口享惠情况"] : [];
  return Array.from({ length: count }, (_, at) => known?.[at] ?? guessed[at] ?? "");
}

/** Names out of the list as it is published, or parted by bars or lines. Null where it is no list. */
export function namesIn(list: string): string[] | null {
  const names = list
    .split(/[;；|\n]/)
    .map((name) => name.replace(LISTED, "").trim())
    .filter((name) => name !== "");
  return names.length > 1 && names.every((name) => name.length <= 40) ? names : null;
}
