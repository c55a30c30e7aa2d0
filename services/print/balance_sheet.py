"""The 平衡表 of a ledger, as entry counts it, and as it is printed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from customs.ledger.balance_sheet import COLUMNS
from services.print.render.words import Words
from services.print.subject import Report, TableColumn

_NARROWEST, _WIDEST = 6, 30
"""Of a column, in halves of a Chinese character."""


class SheetColumn(BaseModel):
    """A column as entry tells it."""

    model_config = ConfigDict(extra="ignore")

    name: str
    label: str
    numeric: bool = False


def _declared() -> list[SheetColumn]:
    return [SheetColumn(name=each.name, label=each.label, numeric=each.numeric) for each in COLUMNS]


class BalanceSheet(BaseModel):
    """What of entry's answer a print needs; a value that is null is unknown."""

    model_config = ConfigDict(extra="ignore")

    book_no: str
    name: str | None = None
    since: str = Field(alias="from")
    until: str = Field(alias="to")
    columns: list[SheetColumn] = Field(default_factory=_declared)
    items: list[dict[str, Any]]

    @field_validator("since", "until")
    @classmethod
    def _a_day(cls, value: str) -> str:
        return date.fromisoformat(value).isoformat()

    def report(self) -> Report:
        """The sheet of paper. Quantities stand beside their unit and are never summed over lines of different units."""
        rows = tuple(
            tuple(_cell(item.get(column.name), column) for column in self.columns) for item in self.items
        )
        columns = tuple(
            TableColumn(
                name=column.name,
                label=column.label,
                numeric=column.numeric,
                width=_width(column.label, (row[at] for row in rows)),
            )
            for at, column in enumerate(self.columns)
        )
        return Report(
            title=Words.BALANCE_SHEET,
            facts=(
                (Words.BOOK_NO, self.book_no),
                (Words.PERIOD, f"{self.since} 至 {self.until}"),
                (Words.BOOK_NAME, self.name or ""),
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
