/** Text as spreadsheets copy and paste it: tabs between cells, quotes round what has line breaks. */

export function parsed(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const body = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < body.length; at += 1) {
    const character = body[at] as string;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (body[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell === "") quoted = true;
    else if (character === "\t") {
      row.push(cell);
      cell = "";
    } else if (character === "\n") {
      row.push(cell);
      rows.push(row);
      row = [];
      cell = "";
    } else cell += character;
  }
  row.push(cell);
  rows.push(row);
  return rows;
}

export function written(rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) => row.map((cell) => (/["\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t"))
    .join("\n");
}

export type Heading = { name: string; label: string };

function plain(label: string): string {
  return label.replace(/[\s*△（）()：:/、·]/g, "").toLowerCase();
}

/** Whether the first line of what is pasted are headings: words alone, above a line that has numbers. */
function isHeading(first: readonly string[], second: readonly string[]): boolean {
  const words = first.filter((cell) => cell.trim() !== "");
  const number = (cell: string): boolean => /^[-\d.,\s]+$/.test(cell) && /\d/.test(cell);
  return words.length > 0 && !words.some(number) && (words.length < 3 ? false : second.some(number));
}

/** What headings mean to this clerk, as it was chosen before; null: the column is left out. */
export type KeptMeanings = Readonly<Record<string, string | null>>;

/** Which column of ours each of theirs means, by its heading; null where the first line has no headings. */
export function mappingOf(
  first: readonly string[],
  columns: readonly Heading[],
  kept: KeptMeanings = {},
  second: readonly string[] = [],
): (string | null)[] | null {
  const known = new Map<string, string | null>(columns.flatMap(({ name, label }) => [[plain(label), name], [plain(name), name]]));
  const names = new Set(columns.map(({ name }) => name));
  for (const [heading, name] of Object.entries(kept)) if (name === null || names.has(name)) known.set(plain(heading), name);
  const taken = new Set<string>();
  let recognised = 0;
  const mapping = first.map((cell) => {
    const name = known.get(plain(cell));
    if (name !== undefined && cell.trim() !== "") recognised += 1;
    if (!name || taken.has(name)) return null;
    taken.add(name);
    return name;
  });
  const words = first.filter((cell) => cell.trim() !== "");
  const headings = words.length > 0 && words.every((cell) => !/^[-\d.,\s]+$/.test(cell));
  if (headings && recognised * 2 >= Math.min(words.length, 4) && taken.size > 0) return mapping;
  return isHeading(first, second) ? mapping : null;
}

/** Headings nobody knows and nobody has left out on purpose: the clerk is asked what they mean. */
export function unknownIn(first: readonly string[], mapping: readonly (string | null)[], kept: KeptMeanings): boolean {
  const out = new Set(Object.keys(kept).map(plain));
  return first.some((cell, col) => cell.trim() !== "" && (mapping[col] ?? null) === null && !out.has(plain(cell)));
}

/** The meanings to keep, by heading as it is written. */
export function meaningsOf(first: readonly string[], mapping: readonly (string | null)[]): Record<string, string | null> {
  return Object.fromEntries(first.flatMap((cell, col) => (cell.trim() === "" ? [] : [[cell.trim(), mapping[col] ?? null]])));
}
