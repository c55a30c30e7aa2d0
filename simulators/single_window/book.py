"""What a line of a book is, what a document has on it, and how a receipt leaves room for its figures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

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


def figure(line: Line, account: Account) -> str:
    """Stands in a receipt for a figure that is known when customs counts the document."""
    return f"{{figure:{line.book_no}:{line.mark}:{line.line_no}:{account}}}"
