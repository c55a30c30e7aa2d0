"""What a line of a book is, what a document has on it, and how a receipt leaves room for its figures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

Account = Literal["real_in", "real_out", "pre_in", "pre_out"]
"""实增, 实减, 预增, 预减."""
ACCOUNTS: tuple[Account, ...] = ("real_in", "real_out", "pre_in", "pre_out")


@dataclass(frozen=True)
class Line:
    """One line of a book."""

    book_no: str
    mark: str
    line_no: int


@dataclass(frozen=True)
class Move:
    """What a document has on one account of one line. `material_no` and `unit` where its rows tell them."""

    line: Line
    account: Account
    quantity: Decimal
    material_no: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Opening:
    """What a line began with: in and out."""

    line: Line
    came: Decimal
    went: Decimal
    material_no: str = ""
    unit: str = ""


_OPENING = {"line_no", "mark", "in", "out", "material_no", "unit"}


def opening_of(book_no: str, row: dict[str, Any]) -> Opening:
    """From `line_no`, `mark`, `in`, `out`, `material_no`, `unit`; ValueError with what is wrong."""
    number, mark = row.get("line_no"), row.get("mark", "I")
    if not book_no or type(number) is not int or not 0 < number < 10**18 or mark not in ("I", "E"):
        raise ValueError("a line has a book, a line_no above 0, and a mark I or E")
    if unknown := sorted(row.keys() - _OPENING):
        raise ValueError(f"line {number}: unknown key {unknown[0]!r}")
    try:
        came, went = (Decimal(str(row.get(name, "0"))) for name in ("in", "out"))
    except InvalidOperation:
        came = went = Decimal("NaN")
    if not (came.is_finite() and went.is_finite()) or max(came.adjusted(), went.adjusted()) > 30:
        raise ValueError(f"line {number}: in and out must be numbers")
    return Opening(
        Line(book_no, mark, number), came, went, str(row.get("material_no", "")), str(row.get("unit", ""))
    )


def figure(line: Line, account: Account, *, new: bool = False) -> str:
    """Stands in a receipt for a figure that is known when customs counts the document.

    `new`: the document made the line. Then customs leaves it empty while nothing else has moved on the line.
    """
    return f"{{figure:{line.book_no}:{line.mark}:{line.line_no}:{account}{':new' if new else ''}}}"
