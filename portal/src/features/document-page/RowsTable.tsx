/** Many rows of a document, of which only those in sight are there. */
import { useState } from "react";
import type { Field } from "@/catalogue/types";

type Props = {
  label: string;
  fields: Field[];
  rows: Record<string, unknown>[];
  show: (field: Field, value: unknown) => string;
};

const ROW = 28;
const MOST = 14;

function widthOf(field: Field): number {
  if (/name|spec|note|remark|model/.test(field.name)) return 180;
  // A number that is cut off is of no use.
  return Math.max(field.exact && field.max_length >= 9 ? 110 : 84, Math.min(150, field.label.length * 14 + 18));
}

export function RowsTable({ label, fields, rows, show }: Props): React.ReactNode {
  const [top, setTop] = useState(0);
  const height = Math.min(rows.length, MOST) * ROW + 36;
  const first = Math.max(0, Math.floor(top / ROW) - 10);
  const until = Math.min(rows.length, first + MOST + 22);
  const numeric = (field: Field): boolean => field.type === "decimal" || field.type === "integer";
  return (
    <div className="rows" style={{ height }} tabIndex={0} role="region" aria-label={label} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <table style={{ width: fields.reduce((sum, field) => sum + widthOf(field), 0) }}>
        <colgroup>
          {fields.map((field) => (
            <col key={field.name} style={{ width: widthOf(field) }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {fields.map((field) => (
              <th key={field.name} scope="col" data-number={numeric(field) || undefined} title={field.label}>
                {field.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden style={{ height: first * ROW }} />}
          {rows.slice(first, until).map((row, at) => (
            <tr key={first + at}>
              {fields.map((field) => {
                const text = show(field, row[field.name]);
                return (
                  <td key={field.name} data-number={numeric(field) || undefined} title={text}>
                    {text}
                  </td>
                );
              })}
            </tr>
          ))}
          {until < rows.length && <tr aria-hidden style={{ height: (rows.length - until) * ROW }} />}
        </tbody>
      </table>
    </div>
  );
}
