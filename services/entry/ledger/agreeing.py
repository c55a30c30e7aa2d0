"""Whether the rows of a document say of the lines of a followed book what the book says; nothing is locked for it."""

from __future__ import annotations

from uuid import UUID

from backbone.beside import beside_loop
from backbone.postgres import Connection
from customs import clock
from customs.documents import JsonObject, Kind
from customs.documents.findings import Findings
from customs.ledger.accounts import CheckMode
from customs.ledger.agreeing import Registered, agree, cited, named, other_marks
from services.entry.ledger import following, store


async def check(
    connection: Connection, kind: Kind, tenant_id: UUID, document: JsonObject, size: int, findings: Findings
) -> None:
    """Reports what differs, and what has run out; nothing for a book that nobody follows or checks."""
    citing = kind.citing
    head = document.get("head")
    book_no = head.get(citing.book) if citing is not None and isinstance(head, dict) else None
    if citing is None or not isinstance(book_no, str):
        return
    followed = await following.of(connection, book_no)
    if followed is None or not followed.checks:
        return
    refuses = followed.mode is CheckMode.REFUSE
    report = findings.problem if refuses else findings.warning
    today = clock.today()
    if followed.valid_until is not None and followed.valid_until < today:
        until = followed.valid_until.isoformat()
        report("head", None, citing.book, "ledger_book_expired", until=until)
    rows = await beside_loop(size, cited, citing, document)
    if not rows:
        return
    stands = await store.look(connection, tenant_id, {each.line for each in rows} | other_marks(rows))
    known = {place.line: Registered(stand.goods, stand.registered) for place, stand in stands.items()}
    for each in rows:
        stand = stands.get(store.Place(tenant_id, each.line))
        if stand is not None and stand.limit_date is not None and stand.limit_date < today:
            until = stand.limit_date.isoformat()
            report(
                citing.section,
                each.place,
                citing.line_no,
                "ledger_line_expired",
                line=named(each.line),
                until=until,
            )
    await beside_loop(size, lambda: agree(citing, rows, known, findings, refuses=refuses))
