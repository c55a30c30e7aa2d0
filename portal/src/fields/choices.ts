/** Type-ahead in a code table: by code, by pinyin initials, by a part of the name. */
import type { CodeTable } from "@/catalogue/codes";

export type CodeChoice = { value: string; label: string };

const MOST = 12;

/** Best first: the code itself, codes that begin so, whole letters, initials or names, then those that begin so or contain it. */
export function choicesIn(table: CodeTable | undefined, typed: string, most = MOST): CodeChoice[] {
  if (!table) return [];
  const text = typed.trim();
  if (text === "") return table.rows.slice(0, most).map((row) => ({ value: row.code, label: row.name }));
  const upper = text.toUpperCase();
  const lower = text.toLowerCase();
  const ranked: { rank: number; value: string; label: string }[] = [];
  for (const { code, name, initials, alpha } of table.rows) {
    let rank = -1;
    if (code === upper) rank = 0;
    else if (code.startsWith(upper)) rank = 1;
    else if (alpha === upper || initials === lower || name === text) rank = 2;
    else if (alpha !== "" && alpha.startsWith(upper)) rank = 3;
    else if (initials.startsWith(lower)) rank = 4;
    else if (name.startsWith(text)) rank = 5;
    else if (name.includes(text)) rank = 6;
    else if (initials.includes(lower)) rank = 7;
    if (rank >= 0) ranked.push({ rank, value: code, label: name });
  }
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ value, label }) => ({ value, label }));
}

export function withName(table: CodeTable | undefined, code: string): string {
  const row = table?.byCode.get(code);
  return row ? `${code} ${row.name}` : code;
}
