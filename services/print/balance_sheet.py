"""The 平衡表 of a ledger as it is printed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from contracts.answers.ledger import BalanceSheet, SheetColumn
from services.print.render.words import Words
from services.print.subject import Report, TableColumn

_NARROWEST, _WIDEST = 6, 30
"""Of a column, in halves of a Chinese character."""


def report_of(sheet: BalanceSheet) -> Report:
    """The sheet of paper. Quantities stand beside their unit and are never summed over lines of different units."""
    lines = [item.model_dump(mode="json") for item in sheet.items]
    rows = tuple(tuple(_cell(line.get(column.name), column) for column in sheet.columns) for line in lines)
    columns = tuple(
        TableColumn(
            name=column.name,
            label=column.label,
            numeric=column.numeric,
            width=_width(column.label, (row[at] for row in rows)),
        )
        for at, column in enumerate(sheet.columns)
    )
    return Report(
        title=Words.BALANCE_SHEET,
        facts=(
            (Words.BOOK_NO, sheet.book_no),
            (Words.PERIOD, f"{sheet.since} 至 {sheet.until}"),
            (Words.BOOK_NAME, sheet.name),
            (Words.UNIT_OF_ROWS, Words.UNIT_SEE_ROW),
        ),
        columns=columns,
        rows=rows,
        remark=Words.BALANCE_REMARK,
    )


def _cell(value: Any, column: SheetColumn) -> str | None:
    """Words that are missing are blank; a quantity that is missing is unknown."""
    if value is None:
        return None if column.numeric else ""
    return str(value)


def _width(label: str, cells: Iterable[str | None]) -> int:
    """As wide as its longest text, within bounds; heads break into two lines."""
    longest = max((_halves(Words.UNKNOWN if cell is None else cell) for cell in cells), default=0)
    return max(_NARROWEST, min(_WIDEST, max(longest + 1, (_halves(label) + 1) // 2 + 1)))


def _halves(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
