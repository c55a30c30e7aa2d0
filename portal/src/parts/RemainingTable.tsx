/** What of a document is still to be had, row by row, and how much of each is taken now. */
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { PlainTable, type Column } from "./PlainTable";

type Row = Schemas["RemainingRow"];
type Taken = { line_no: number; quantity: string; material_mark?: string };
export type Taking = {
  quantity: (row: Row) => string;
  put: (row: Row, quantity: string) => void;
  /** As the API takes them; rows of which nothing is taken are left out. */
  wanted: Taken[];
  /** Not everything that is left. */
  inPart: boolean;
  reset: () => void;
};

const nameOf = (row: Row): string => `${row.material_mark ?? ""}/${row.line_no ?? ""}`;

/** All that is left, until somebody says less. */
export function useTaking(rows: readonly Row[]): Taking {
  const [typed, setTyped] = useState<Record<string, string>>({});
  const quantity = (row: Row): string => typed[nameOf(row)] ?? row.remaining ?? "";
  const wanted = rows.flatMap((row): Taken[] => {
    const given = quantity(row).trim();
    if (row.line_no === null || row.line_no === undefined || given === "" || Number(given) === 0) return [];
    return [{ line_no: row.line_no, quantity: given, ...(row.material_mark ? { material_mark: row.material_mark } : {}) }];
  });
  return {
    quantity,
    put: (row, given) => setTyped({ ...typed, [nameOf(row)]: given }),
    wanted,
    inPart: wanted.length < rows.length || rows.some((row) => quantity(row) !== row.remaining),
    reset: () => setTyped({}),
  };
}

/** What is asked of the API: a 核放单 of all that is left carries the whole document, of a part it lists its rows. */
export function orderOf(of: Schemas["Remaining"]["by_kind"][number] | undefined, taking: Taking): { rows?: Taken[] } {
  const byRows = of?.kind === "gate_pass" ? of.in_part && taking.inPart : of?.in_part;
  return byRows ? { rows: taking.wanted } : {};
}

const COLUMNS: Column<Row>[] = [
  { title: "序号", cell: (row) => row.line_no },
  { title: "料号", cell: (row) => row.material_no },
  { title: "名称", cell: (row) => row.name },
  { title: "批准", cell: (row) => row.quantity, figures: true },
  { title: "已用", cell: (row) => row.held, figures: true },
  { title: "草稿", cell: (row) => row.drafted, figures: true },
  { title: "余量", cell: (row) => <b>{row.remaining}</b>, figures: true },
];

/** `byRows`: quantities may be chosen; else the whole document is used. */
export function RemainingTable({ rows, byRows, taking }: { rows: readonly Row[]; byRows: boolean; taking: Taking }): React.ReactNode {
  const now: Column<Row> = {
    title: "本次",
    figures: true,
    cell: (row) => (
      <input
        className="plain-input"
        aria-label={`第${row.line_no}项本次数量`}
        inputMode="decimal"
        size={9}
        value={taking.quantity(row)}
        onChange={(event) => taking.put(row, event.target.value)}
      />
    ),
  };
  return (
    <>
      <p className="quiet">{byRows ? "默认取全部余量，可以改少；填 0 则不取该行。" : "整份使用，生成后可以再改。"}</p>
      <div className="remaining">
        <PlainTable label="余量" rows={rows} keyOf={nameOf} columns={byRows ? [...COLUMNS, now] : COLUMNS} />
      </div>
    </>
  );
}
