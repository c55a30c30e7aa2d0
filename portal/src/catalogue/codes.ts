/** Code tables small enough to be in the page; HS codes are searched on the server. */

export type CodeRow = { code: string; name: string; initials: string; alpha: string };
export type CodeTable = { label: string; open: boolean; rows: CodeRow[]; byCode: Map<string, CodeRow> };
type Raw = Record<string, { label: string; open: boolean; rows: [string, string, string, string?][] }>;

let tables: Promise<Map<string, CodeTable>> | undefined;

/** All tables by name, fetched once. */
export function loadCodes(): Promise<Map<string, CodeTable>> {
  tables ??= import("@/generated/codes.json").then(
    (module) =>
      new Map(
        Object.entries(module.default as unknown as Raw).map(([name, raw]) => {
          const rows = raw.rows.map(([code, label, initials, alpha]) => ({ code, name: label, initials, alpha: alpha ?? "" }));
          return [name, { label: raw.label, open: raw.open, rows, byCode: new Map(rows.map((row) => [row.code, row])) }];
        }),
      ),
    (error: unknown) => {
      tables = undefined;
      throw error;
    },
  );
  return tables;
}
