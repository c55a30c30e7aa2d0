/** One line of the grid. Drawn anew only when its values, its marks or the columns change. */
import { memo } from "react";
import type { Column, GridRow, RowMarks } from "./columns";
import { HEAD_WIDTH } from "./columns";

/** How many lines were drawn: what tests count. */
export const drawn = { lines: 0 };

type Props = {
  index: number;
  row: GridRow;
  columns: readonly Column[];
  lefts: readonly number[];
  marks: RowMarks | undefined;
  top: number;
  height: number;
};

export const GridLine = memo(function GridLine({ index, row, columns, lefts, marks, top, height }: Props) {
  drawn.lines += 1;
  const worst = marks ? (Object.values(marks).find((mark) => mark.tone === "bad") ?? Object.values(marks).find((mark) => mark.tone === "warn")) : null;
  return (
    <div className="grid-line" role="row" aria-rowindex={index + 2} data-odd={index % 2 === 1 || undefined} style={{ top, height }}>
      <div className="grid-head" role="rowheader" data-row={index} data-tone={worst?.tone} title={worst?.text} style={{ width: HEAD_WIDTH }}>
        {index + 1}
      </div>
      {columns.map((column, col) => {
        const value = row[column.name] ?? "";
        const mark = marks?.[column.name];
        const shown = value === "" ? "" : (column.show?.(value) ?? value);
        return (
          <div
            key={column.name}
            className="grid-cell"
            role="gridcell"
            aria-colindex={col + 2}
            aria-invalid={mark?.tone === "bad" || undefined}
            data-row={index}
            data-col={col}
            data-end={column.end || undefined}
            data-frozen={column.frozen || undefined}
            data-tone={mark?.tone}
            title={mark?.text ?? (shown.length > 8 ? shown : undefined)}
            style={{ width: column.width, left: column.frozen ? lefts[col] : undefined }}
          >
            {shown}
          </div>
        );
      })}
    </div>
  );
});
