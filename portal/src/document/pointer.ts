/** JSON pointers of a document: /head/book_no, /goods/3/quantity, /goods. */

export type Place = { section: string; row: number | null; name: string | null };

export function pointerOf(section: string, row: number | null, name?: string | null): string {
  return `/${section}${row === null ? "" : `/${row}`}${name ? `/${name}` : ""}`;
}

export function placeOf(pointer: string): Place {
  const [, section = "", second, third] = pointer.split("/");
  if (second === undefined) return { section, row: null, name: null };
  if (/^\d+$/.test(second)) return { section, row: Number(second), name: third ?? null };
  return { section, row: null, name: second };
}

/** Where a pointer leads after rows of its section were taken out and put in; null when its row is gone. */
export function shifted(pointer: string, section: string, at: number, removed: number, inserted: number): string | null {
  const place = placeOf(pointer);
  if (place.section !== section || place.row === null || place.row < at) return pointer;
  if (place.row < at + removed) return null;
  return pointerOf(section, place.row - removed + inserted, place.name);
}
