"""A version of a document as far as it moves a book: its rows by number, each with its line and its quantity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.documents.comparing import is_gone
from contracts.ledger.booking import Booking
from contracts.ledger.lines import MARKS, Line, line_key

_LARGEST = 2**63 - 1
_INWARD, _OUTWARD = "I", "E"


Goods = Mapping[str, str | None]
"""What a row says of its line: `material_no`, `hs_code`, `name`, `unit`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that moves. `place`: in its section, from 0."""

    row_no: int
    place: int
    line: Line
    quantity: Decimal
    unit: str | None
    numbered: bool
    """Whether it was declared with its 备案序号."""
    goods: Goods


@dataclass(frozen=True, slots=True)
class Version:
    """The rows of one version by their numbers; none when it names no book."""

    outward: bool
    rows: Mapping[int, Row]


NO_VERSION = Version(False, {})


def version_of(
    booking: Booking, document: Mapping[str, Any], numbers: Mapping[int, int] | None = None
) -> Version:
    """The version in normal form. `numbers`: 备案序号 that customs gave rows declared without one, by row number.

    Rows sent to be deleted, without quantity or without anything that names a line move nothing.
    """
    head = document.get("head") or {}
    book, mark, direction = (head.get(name) for name in (booking.book, booking.mark, booking.direction))
    if not book or mark not in MARKS or direction not in (_INWARD, _OUTWARD):
        return NO_VERSION
    rows: dict[int, Row] = {}
    highest = 0
    for place, row in enumerate(document.get(booking.section) or ()):
        if is_gone(row) or booking.quantity not in row:
            continue
        number = row.get(booking.row_no)
        if number is None or number in rows or number > _LARGEST:
            # Only what was taken over from outside has rows without a number of their own.
            number = max(highest, place) + 1
        highest = max(highest, number)
        own = row.get(booking.line_no)
        key = line_key(own or (numbers or {}).get(number), row.get(booking.material_no))
        quantity = Decimal(row[booking.quantity])
        if key is None or not quantity:
            continue
        rows[number] = Row(
            number,
            place,
            Line(book, mark, key),
            quantity,
            row.get(booking.unit),
            bool(own),
            {
                "material_no": row.get(booking.material_no),
                "hs_code": row.get(booking.hs_code),
                "name": row.get(booking.name),
                "unit": row.get(booking.unit),
            },
        )
    return Version(direction == _OUTWARD, rows)
