"""What a 核注清单 has in its book: expected once it is approved, real once it is posted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulators.single_window.book import Account, Line, Move
from simulators.single_window.documents import VALID, Document
from simulators.single_window.elements import Row
from simulators.single_window.form import Upload
from simulators.single_window.kinds.kind import BookRows
from simulators.single_window.receipts import logistics_book

LINE = "PutrecSeqno"
MORE_COUNTED = "moreThanDeclared"
"""A mark customs keeps to itself: it counted one unit more of the first row than was declared."""


def moves(document: Document) -> list[Move] | None:
    """The rows that name a line of the book; a row without one moves nothing."""
    if document.status == "declared":
        return None
    return list(_moves(document)) if document.status in VALID else []


def _moves(document: Document) -> Iterator[Move]:
    incoming, real = document.head.get("ImpexpMarkcd") == "I", document.status != "approved"
    account: Account = (
        ("real_in" if incoming else "real_out") if real else ("pre_in" if incoming else "pre_out")
    )
    known = {row[LINE]: row for row in reversed(document.goods) if row.get(LINE)}
    more = Decimal(bool(document.marks.get(MORE_COUNTED)) and real)
    for number, quantity in document.quantities.get(LINE, {}).items():
        line = line_of(document, {LINE: number})
        if line is not None:
            row = known.get(number, {})
            yield Move(
                line, account, Decimal(quantity) + more, row.get("GdsMtno", ""), row.get("DclUnitcd", "")
            )
            more = Decimal(0)


def line_of(document: Document, row: Row) -> Line | None:
    """The line a row moves; None when it names none."""
    book_no, mark = document.head.get("PutrecNo", ""), document.head.get("MtpckEndprdMarkcd", "")
    number = row.get(LINE, "")
    if not book_no or mark not in ("I", "E") or not number.isdigit() or not 0 < int(number) < 10**18:
        return None
    return Line(book_no, mark, int(number))


def unnumbered(upload: Upload) -> BookRows | None:
    """What comes into a logistics book is given its line by customs (M)."""
    head = upload.head
    book_no, mark = head.get("PutrecNo", ""), head.get("MtpckEndprdMarkcd", "")
    if head.get("ImpexpMarkcd") != "I" or mark not in ("I", "E") or not logistics_book(book_no):
        return None
    return BookRows(book_no, mark, "GdsSeqno", LINE)
