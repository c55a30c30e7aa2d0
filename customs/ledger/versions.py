"""A version of a document as far as it moves a book: its rows by number, each with its line and its quantity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from customs.documents.booking import Booking
from customs.documents.comparing import is_gone
from customs.ledger.lines import MARKS, Line, line_key

_LARGEST = 2**63 - 1
_INWARD, _OUTWARD = "I", "E"


Goods = Mapping[str, str | None]
"""What a row says of its line: `material_no`, `hs_code`, `name`, `unit`."""


class Row(NamedTuple):
    """One row that moves. `place`: in its section, from 0."""

    row_no: int
    place: int
    line: Line
    quantity: Decimal
    unit: str | None
    content: Mapping[str, Any]
    """The whole row, as it was declared."""


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
            row,
        )
    return Version(direction == _OUTWARD, rows)


def goods_of(booking: Booking, version: Version) -> dict[Line, Goods]:
    """What the rows of a version say of their lines; of several rows of a line the first counts."""
    found: dict[Line, Goods] = {}
    for row in version.rows.values():
        if row.line not in found:
            found[row.line] = {
                "material_no": row.content.get(booking.material_no),
                "hs_code": row.content.get(booking.hs_code),
                "name": row.content.get(booking.name),
                "unit": row.unit,
            }
    return found


def is_outward(booking: Booking, document: Mapping[str, Any]) -> bool:
    """Whether its goods go out."""
    return (document.get("head") or {}).get(booking.direction) == _OUTWARD


def has_open_rows(booking: Booking, document: Mapping[str, Any]) -> bool:
    """Whether rows were declared without their 备案序号."""
    return any(not row.get(booking.line_no) for row in document.get(booking.section) or ())
