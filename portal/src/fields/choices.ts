/** Type-ahead in a code table: by code, by pinyin initials, by a part of the name. */
import type { CodeTable } from "@/catalogue/codes";

export type CodeChoice = { value: string; label: string };

const MOST = 12;

const CHINESE = /^\p{Script=Han}{3,}$/u;

/** A common name is not always the table's: what is called 外高桥港 stands there as 外高桥关. The longest beginning that is known counts. */
export function choicesIn(table: CodeTable | undefined, typed: string, most = MOST): CodeChoice[] {
  if (!table) return [];
  const text = typed.trim();
  if (text === "") return table.rows.slice(0, most).map((row) => ({ value: row.code, label: row.name }));
  const found = matching(table, text, most);
  for (let known = text; found.length === 0 && CHINESE.test(known); ) {
    known = known.slice(0, -1);
    found.push(...matching(table, known, most));
  }
  return found;
}

/** Best first: the code itself, codes that begin so, whole letters, initials or names, then those that begin so or contain it. */
function matching(table: CodeTable, text: string, most: number): CodeChoice[] {
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
