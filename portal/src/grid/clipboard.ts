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

/** Which column of ours each of theirs means, by its heading; null where the first line has no heading at all. */
export function mappingOf(first: readonly string[], columns: readonly Heading[]): (string | null)[] | null {
  const known = new Map(columns.flatMap(({ name, label }) => [[plain(label), name], [plain(name), name]]));
  const taken = new Set<string>();
  const mapping = first.map((cell) => {
    const name = known.get(plain(cell)) ?? null;
    if (name === null || taken.has(name)) return null;
    taken.add(name);
    return name;
  });
  const words = first.filter((cell) => cell.trim() !== "");
  const headings = words.length > 0 && words.every((cell) => !/^[-\d.,\s]+$/.test(cell));
  return headings && taken.size * 2 >= Math.min(words.length, 4) && taken.size > 0 ? mapping : null;
}
