"""Results as tables: for the eye, and as JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Row = dict[str, str | float]


@dataclass(frozen=True)
class Table:
    """Rows have the same columns in the same order; numbers are floats. `note` says what the floor is."""

    title: str
    note: str
    rows: Sequence[Row]


def as_json(tables: Mapping[str, Sequence[Table]]) -> dict[str, object]:
    """By benchmark: its tables."""
    return {
        name: [{"title": t.title, "note": t.note, "rows": list(t.rows)} for t in each]
        for name, each in tables.items()
    }


def as_text(table: Table) -> str:
    """Columns aligned; the first to the left, numbers to the right."""
    columns = list(table.rows[0]) if table.rows else []
    cells = [columns, *([_cell(row[name]) for name in columns] for row in table.rows)]
    widths = [max(_width(line[n]) for line in cells) for n in range(len(columns))]
    lines = [
        "  ".join(_padded(cell, widths[n], left=n == 0) for n, cell in enumerate(line)).rstrip()
        for line in cells
    ]
    return "\n".join([table.title, f"({table.note})", *lines, ""])


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
