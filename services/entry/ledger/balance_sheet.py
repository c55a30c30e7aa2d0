"""The 平衡表 of a book for a period: how each line stood, what moved, what customs adjusted, how it stands.

How a line stood at a time: what had been told of it by then, and what was real here and not yet counted in that. So whatever of
the closing balance is neither opening nor movement is an adjustment: customs' own figures, or a new opening.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from backbone.beside import beside_loop
from backbone.postgres import Connection, Record
from customs import clock
from customs.documents.amounts import plain
from customs.ledger.balance_sheet import COLUMNS
from services.entry.ledger import store
from services.entry.ledger.book_lines import known, name_of
from services.entry.ledger.told_bases import TOLD

_BYTES_OF_ROW = 400

_SHEET = f"""
WITH {TOLD}, first AS (
  SELECT DISTINCT ON (mark, line_key) * FROM told WHERE at <= $2 ORDER BY mark, line_key, at DESC, kind DESC
), last AS (
  SELECT DISTINCT ON (mark, line_key) * FROM told WHERE at <= $3 ORDER BY mark, line_key, at DESC, kind DESC
), moved AS (
  SELECT p.mark, p.line_key,
    sum(CASE account WHEN 'real_in' THEN p.quantity WHEN 'real_out' THEN -p.quantity END)
      FILTER (WHERE p.at < $2 AND (p.counted_at IS NULL OR p.counted_at > f.at)) AS before,
    sum(CASE account WHEN 'real_in' THEN p.quantity WHEN 'real_out' THEN -p.quantity END)
      FILTER (WHERE p.counted_at IS NULL OR p.counted_at > l.at) AS after,
    sum(p.quantity) FILTER (WHERE account = 'real_in' AND p.at >= $2) AS came,
    sum(p.quantity) FILTER (WHERE account = 'real_out' AND p.at >= $2) AS went,
    sum(p.quantity) FILTER (WHERE account = 'pre_in') AS pre_in,
    sum(p.quantity) FILTER (WHERE account = 'pre_out') AS pre_out
  FROM ledger_postings AS p
  LEFT JOIN first AS f ON f.mark = p.mark AND f.line_key = p.line_key
  LEFT JOIN last AS l ON l.mark = p.mark AND l.line_key = p.line_key
  WHERE p.book_no = $1 AND p.at < $3 GROUP BY p.mark, p.line_key
)
SELECT i.mark, i.line_key, i.line_no, i.material_no, i.hs_code, i.name, i.unit,
  f.quantity_in - f.quantity_out + coalesce(m.before, 0) AS opening,
  coalesce(m.came, 0) AS came, coalesce(m.went, 0) AS went,
  l.quantity_in - l.quantity_out + coalesce(m.after, 0) AS closing,
  coalesce(m.pre_in, 0) AS pre_in, coalesce(m.pre_out, 0) AS pre_out
FROM ledger_lines AS i
LEFT JOIN first AS f ON f.mark = i.mark AND f.line_key = i.line_key
LEFT JOIN last AS l ON l.mark = i.mark AND l.line_key = i.line_key
LEFT JOIN moved AS m ON m.mark = i.mark AND m.line_key = i.line_key
WHERE i.book_no = $1 AND ($4::text IS NULL OR i.mark = $4)
ORDER BY i.mark, coalesce(i.line_no, 9223372036854775807), i.line_key
"""  # noqa: S608 - our own text


def begins(day: date) -> datetime:
    """Midnight of this day in Shanghai."""
    return clock.begins(day)


async def sheet(
    connection: Connection, book: dict[str, Any], since: date, until: date, mark: str | None
) -> dict[str, Any]:
    """Rows in the order of 备案序号; the last day is within. Quantities of different units are nowhere summed."""
    async with store.many(connection):
        rows = await connection.fetch(
            _SHEET, book["book_no"], begins(since), begins(until + timedelta(days=1)), mark
        )
    return {
        "book_no": book["book_no"],
        "name": book["name"],
        "from": since.isoformat(),
        "to": until.isoformat(),
        "columns": [column._asdict() for column in COLUMNS],
        "items": await beside_loop(len(rows) * _BYTES_OF_ROW, _told_all, rows),
    }


def _told_all(rows: list[Record]) -> list[dict[str, Any]]:
    return [_told(row) for row in rows]


def _told(row: Record) -> dict[str, Any]:
    opening, closing = row["opening"], row["closing"]
    adjusted = None
    if opening is not None and closing is not None:
        adjusted = closing - opening - row["came"] + row["went"]
    return {
        "mark": row["mark"],
        "mark_label": name_of("material_marks", row["mark"]),
        "line_key": row["line_key"],
        "line_no": None if row["line_no"] is None else str(row["line_no"]),
        "material_no": row["material_no"],
        "hs_code": row["hs_code"],
        "name": row["name"],
        "unit": row["unit"],
        "unit_name": name_of("units", row["unit"]),
        "opening": known(opening),
        "came": plain(row["came"]),
        "went": plain(row["went"]),
        "adjusted": known(adjusted),
        "closing": known(closing),
        "pre_in": plain(row["pre_in"]),
        "pre_out": plain(row["pre_out"]),
    }


def cells(told: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the same sheet for Excel; what is unknown says so."""
    rows = [
        [
            "未知" if item[column.name] is None and column.numeric else item[column.name] or ""
            for column in COLUMNS
        ]
        for item in told["items"]
    ]
    return [column.label for column in COLUMNS], rows
