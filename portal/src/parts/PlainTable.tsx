/** A table of few rows with its columns as data; rows that changed just now are marked where they stand. */

export type Column<T> = {
  title: string;
  cell: (row: T) => React.ReactNode;
  /** Read out only, such as the heading over buttons. */
  unseen?: boolean;
  /** Figures stand at the right. */
  figures?: boolean;
  quiet?: boolean;
  /** Never broken into lines. */
  whole?: boolean;
  className?: string;
};

type Props<T> = {
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  chosen?: (row: T) => boolean;
  changed?: (row: T) => boolean;
  /** A click anywhere in a row; what does the same by keys stands in a cell. */
  onRow?: (row: T) => void;
};

export function PlainTable<T>({ label, columns, rows, keyOf, chosen, changed, onRow }: Props<T>): React.ReactNode {
  return (
    <table className="plain-table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" data-figures={column.figures || undefined}>
              {column.unseen ? <span className="sr-only">{column.title}</span> : column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} data-chosen={chosen?.(row) || undefined} data-changed={changed?.(row) || undefined} onClick={onRow && (() => onRow(row))}>
            {columns.map((column) => (
              <td
                key={column.title}
                className={[column.quiet && "quiet", column.className].filter(Boolean).join(" ") || undefined}
                data-figures={column.figures || undefined}
                data-whole={column.whole || undefined}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
