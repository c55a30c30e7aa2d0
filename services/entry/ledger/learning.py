"""What receipts tell of lines: INV211 how a line stands in customs' own book, full forms the 备案序号 customs gave a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

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


async def learn(connection: Connection, document: Document, event: ReceiptReceived, due: Due) -> None:
    """Keep what the receipt tells of lines and say what is due for it. The same receipt again changes nothing."""
    booking = document.of_kind.booking
    if booking is None:
        return
    at = said_at(event.authority_at, event.received_at)
    if event.body.get(BOOK_ROWS):
        truths = await beside_loop(len(event.raw), lambda: list(_truths(booking, document, event)))
        if await _keep_truths(connection, document, event, at, truths):
            due.told |= {Place(document.tenant_id, line) for line, *_ in truths}
    if not (event.body.get(BOOK_ROWS) or event.body.get(booking.section)):
        return
    numbers = await beside_loop(len(event.raw), _numbers, booking, document, event)
    if numbers and await _keep_numbers(connection, document, event, at, numbers):
        due.documents.add(document.document_id)


Truth = tuple[Line, Decimal, Decimal, Decimal | None, Decimal | None, Mapping[str, Any]]


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
INSERT INTO ledger_truths (tenant_id, book_no, mark, line_key, receipt_id, document_id, at, real_in, real_out, pre_in, pre_out,
  unit, limit_date, hs_code, name, material_no)
SELECT $1, t.book_no, t.mark, t.line_key, $2, $3, $4, t.real_in, t.real_out, t.pre_in, t.pre_out, t.unit, t.limit_date, t.hs_code,
  t.name, t.material_no
FROM unnest($5::text[], $6::text[], $7::text[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::text[],
  $13::date[], $14::text[], $15::text[], $16::text[])
AS t (book_no, mark, line_key, real_in, real_out, pre_in, pre_out, unit, limit_date, hs_code, name, material_no)
ON CONFLICT DO NOTHING
"""


async def _keep_truths(
    connection: Connection, document: Document, event: ReceiptReceived, at: datetime, truths: list[Truth]
) -> bool:
    if not truths:
        return False
    rows = [row for *_, row in truths]
    lines = [truth[0] for truth in truths]
    status = await connection.execute(
        _TRUTHS,
        document.tenant_id,
        event.receipt_id,
        document.document_id,
        at,
        [line.book_no for line in lines],
        [line.mark for line in lines],
        [line.key for line in lines],
        *([truth[place] for truth in truths] for place in range(1, 5)),
        [_text(row.get("unit")) for row in rows],
        [_day(row.get("limit_date")) for row in rows],
        *([_text(row.get(name)) for row in rows] for name in ("hs_code", "name", "material_no")),
    )
    return status != "INSERT 0 0"


async def _keep_numbers(
    connection: Connection,
    document: Document,
    event: ReceiptReceived,
    at: datetime,
    numbers: Mapping[int, int],
) -> bool:
    """The newest word of customs about a row counts. False when it says nothing new."""
    status = await connection.execute(
        "INSERT INTO ledger_line_numbers AS n (tenant_id, document_id, row_no, line_no, at, receipt_id) "
        "SELECT $1, $2, r.row_no, r.line_no, $3, $4 FROM unnest($5::bigint[], $6::bigint[]) AS r (row_no, line_no) "
        "ON CONFLICT (document_id, row_no) DO UPDATE SET line_no = excluded.line_no, at = excluded.at, "
        "receipt_id = excluded.receipt_id WHERE (n.at, n.receipt_id) < (excluded.at, excluded.receipt_id)",
        document.tenant_id,
        document.document_id,
        at,
        event.receipt_id,
        list(numbers),
        list(numbers.values()),
    )
    return status != "INSERT 0 0"


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
