"""What receipts tell of lines: INV211 how a line stands in customs' own book, full forms the 备案序号 customs gave a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from backbone.beside import beside_loop
from backbone.postgres import Connection
from contracts.events.receipts import ReceiptReceived
from customs import clock
from customs.documents.booking import Booking
from customs.ledger.lines import MARKS, Line, line_key
from customs.singlewindow.times import as_utc
from services.entry.document.store import Document
from services.entry.ledger.posting import Due
from services.entry.ledger.store import Place
from services.entry.ledger.telling import said_at

BOOK_ROWS = "book_rows"
"""Of a receipt's body: rows of the book, whichever element they came in."""
_LARGEST = 2**63 - 1
_NOTHING = Decimal(0)


Truth = tuple[Line, Decimal, Decimal, Decimal | None, Decimal | None, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one receipt tells of lines."""

    tenant_id: UUID
    document_id: UUID
    receipt_id: UUID
    at: datetime
    truths: Sequence[Truth]
    numbers: Mapping[int, int]
    """Row number → 备案序号."""


async def lesson_of(document: Document, event: ReceiptReceived) -> Lesson | None:
    """By the document as it stands before the receipt; None where it tells nothing of lines."""
    booking = document.of_kind.booking
    if booking is None or not (event.body.get(BOOK_ROWS) or event.body.get(booking.section)):
        return None
    truths: list[Truth] = []
    if event.body.get(BOOK_ROWS):
        truths = await beside_loop(len(event.raw), lambda: list(_truths(booking, document, event)))
    numbers = await beside_loop(len(event.raw), _numbers, booking, document, event)
    at = said_at(event.authority_at, event.received_at)
    return Lesson(document.tenant_id, document.document_id, event.receipt_id, at, truths, numbers)


async def learn(connection: Connection, lessons: Sequence[Lesson], due: Due) -> None:
    """Keep what receipts tell of lines and say what is due for it. The same receipt again changes nothing."""
    new = await _keep_truths(connection, [lesson for lesson in lessons if lesson.truths])
    for lesson in lessons:
        if lesson.receipt_id in new:
            due.told |= {Place(lesson.tenant_id, line) for line, *_ in lesson.truths}
    due.documents |= await _keep_numbers(connection, [lesson for lesson in lessons if lesson.numbers])


def _truths(booking: Booking, document: Document, event: ReceiptReceived) -> Iterable[Truth]:
    """One a line: customs' own 实增, 实减, 预增, 预减. A row without line or without both real figures tells nothing, but for
    that of a line which this very 清单 made: it holds what came in, and nothing has gone."""
    heads = (event.body.get("head"), document.document.get("head"))
    book, mark = (_first(heads, name) for name in (booking.book, booking.mark))
    found: dict[Line, Truth] = {}
    for row in _rows(event.body, BOOK_ROWS):
        number = _whole(row.get("line_no"))
        came, went = (_decimal(row.get(name)) for name in ("increased_quantity", "reduced_quantity"))
        if _is_new(row, document, event):
            came, went = _decimal(row.get("in_quantity")), _NOTHING
        key = line_key(number, None)
        own_book = str(row.get("book_no") or book or "")
        own_mark = row.get("material_mark") or mark
        if key is None or came is None or went is None or own_mark not in MARKS or not own_book:
            continue
        line = Line(own_book, own_mark, key)
        pre = [_decimal(row.get(name)) for name in ("pre_increased_quantity", "pre_reduced_quantity")]
        found[line] = (line, came, went, pre[0], pre[1], row)
    return found.values()


_FIGURES = ("increased_quantity", "reduced_quantity", "pre_increased_quantity", "pre_reduced_quantity")
_ADDED = "3"


def _is_new(row: Mapping[str, Any], document: Document, event: ReceiptReceived) -> bool:
    """Whether customs made the line for this 清单 and leaves its running figures empty (both public receipts of production).

    Without customs' own time the row could be an old one sent again, when the line holds something else.
    """
    number = event.customs_no or document.customs_no
    return (
        event.authority_at is not None
        and number is not None
        and row.get("customs_no") == number
        and row.get("change_mark") == _ADDED
        and not any(row.get(name) for name in _FIGURES)
    )


def _numbers(booking: Booking, document: Document, event: ReceiptReceived) -> dict[int, int]:
    """Row number → 备案序号, of rows that were declared without one."""
    # While a round is open, the working copy may already say what the version that was sent does not.
    every = document.round_purpose is not None
    open_rows = {
        row.get(booking.row_no)
        for row in _rows(document.document, booking.section)
        if (every or not row.get(booking.line_no)) and row.get(booking.row_no) is not None
    }
    if not open_rows:
        return {}
    told = [(row.get(booking.row_no), row.get(booking.line_no)) for row in _rows(event.body, booking.section)]
    # The row of a 物流账册 names the 清单 that made it, which need not be the one that is deducted.
    number = event.customs_no or document.customs_no
    told += [
        (row.get("inventory_line_no"), row.get("line_no"))
        for row in _rows(event.body, BOOK_ROWS)
        if number is not None and row.get("customs_no") == number
    ]
    found: dict[int, int] = {}
    for row_no, line_no in told:
        own, given = _whole(row_no), _whole(line_no)
        if own in open_rows and own is not None and given and given <= _LARGEST:
            found[own] = given
    return found


_TRUTHS = """
INSERT INTO ledger_truths (tenant_id, receipt_id, document_id, at, book_no, mark, line_key, real_in, real_out, pre_in, pre_out,
  unit, limit_date, hs_code, name, material_no)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::numeric[],
  $9::numeric[], $10::numeric[], $11::numeric[], $12::text[], $13::date[], $14::text[], $15::text[], $16::text[])
ON CONFLICT DO NOTHING RETURNING receipt_id
"""


async def _keep_truths(connection: Connection, lessons: Sequence[Lesson]) -> set[UUID]:
    """The receipts that told something new."""
    told = [(lesson, truth) for lesson in lessons for truth in lesson.truths]
    if not told:
        return set()
    lines = [truth[0] for _, truth in told]
    rows = [row for _, (*_, row) in told]
    kept = await connection.fetch(
        _TRUTHS,
        [lesson.tenant_id for lesson, _ in told],
        [lesson.receipt_id for lesson, _ in told],
        [lesson.document_id for lesson, _ in told],
        [lesson.at for lesson, _ in told],
        [line.book_no for line in lines],
        [line.mark for line in lines],
        [line.key for line in lines],
        *([truth[place] for _, truth in told] for place in range(1, 5)),
        [_text(row.get("unit")) for row in rows],
        [_day(row.get("limit_date")) for row in rows],
        *([_text(row.get(name)) for row in rows] for name in ("hs_code", "name", "material_no")),
    )
    return {row["receipt_id"] for row in kept}


_NUMBERS = """
INSERT INTO ledger_line_numbers AS n (tenant_id, document_id, row_no, line_no, at, receipt_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::uuid[])
ON CONFLICT (document_id, row_no) DO UPDATE SET line_no = excluded.line_no, at = excluded.at, receipt_id = excluded.receipt_id
  WHERE (n.at, n.receipt_id) < (excluded.at, excluded.receipt_id)
RETURNING document_id
"""


async def _keep_numbers(connection: Connection, lessons: Sequence[Lesson]) -> set[UUID]:
    """The newest word of customs about a row counts. Answers the documents of which something new is said."""
    newest: dict[tuple[UUID, int], tuple[UUID, UUID, int, int, datetime, UUID]] = {}
    for lesson in sorted(lessons, key=lambda lesson: (lesson.at, lesson.receipt_id)):
        for row_no, line_no in lesson.numbers.items():
            told = (lesson.tenant_id, lesson.document_id, row_no, line_no, lesson.at, lesson.receipt_id)
            newest[lesson.document_id, row_no] = told
    if not newest:
        return set()
    kept = await connection.fetch(_NUMBERS, *zip(*newest.values(), strict=True))
    return {row["document_id"] for row in kept}


def _rows(content: Mapping[str, Any], section: str) -> list[dict[str, Any]]:
    rows = content.get(section)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _first(heads: Iterable[Any], name: str) -> Any:
    return next((head[name] for head in heads if isinstance(head, dict) and head.get(name)), None)


def _whole(given: Any) -> int | None:
    text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _decimal(given: Any) -> Decimal | None:
    try:
        number = Decimal(given) if isinstance(given, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number.adjusted()) < 30 else None


def _day(given: Any) -> date | None:
    at = as_utc(given) if isinstance(given, str) else None
    try:
        return None if at is None else clock.day_of(at)
    except OverflowError:
        # The last hours of the year 9999, by which some mean "for ever", are a day of no calendar in Shanghai.
        return None


def _text(given: Any) -> str | None:
    return given if isinstance(given, str) and given else None
