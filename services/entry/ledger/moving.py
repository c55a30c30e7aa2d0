"""Whether something that happened to a document moves a book: asked of its steps before and after, without its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backbone.postgres import Connection
from customs.documents.booking import Booking
from customs.ledger.postings import Step
from customs.ledger.versions import is_outward
from services.entry.document.store import Document
from services.entry.fold.folding import Standing, fold
from services.entry.fold.told import Attempt, Told
from services.entry.ledger.posting import Due
from services.entry.ledger.reading import Known, moving, passing


@dataclass(frozen=True, slots=True)
class Heard:
    """The whole set after the newest fact, what the fold says of it, and that fact."""

    attempts: Sequence[Attempt]
    facts: Sequence[Told]
    standing: Standing
    newest: Told


async def note(connection: Connection, before: Document, after: Document, heard: Heard, due: Due) -> None:
    """Say what is due: the document's own postings, or those of documents whose goods it takes through the gate."""
    kind = after.of_kind
    if kind.booking is not None:
        _own(kind.booking, before, after, heard, due)
    for making in passing(kind):
        if before.state not in making.passed and after.state not in making.passed:
            continue
        rows = await connection.fetch(
            "SELECT on_no FROM leanings WHERE document_id = $1 AND on_kind = $2",
            after.document_id,
            making.source,
        )
        due.passed |= {(after.tenant_id, making.source, row["on_no"]) for row in rows}


def _own(booking: Booking, before: Document, after: Document, heard: Heard, due: Due) -> None:
    earlier = [fact for fact in heard.facts if fact.key != heard.newest.key]
    stood = fold(after.of_kind.life, heard.attempts, earlier)
    was = moving(_known(before), stood, heard.attempts, earlier).steps
    now = moving(_known(after), heard.standing, heard.attempts, heard.facts)
    due.heard[after.document_id] = now
    if was != now.steps and not _only_expected(booking, after, was, now.steps):
        due.documents.add(after.document_id)
    if after.customs_no is not None and after.customs_no != before.customs_no:
        due.numbered[after.tenant_id, after.kind, after.customs_no] = after.document_id


def _only_expected(booking: Booking, row: Document, was: Sequence[Step], now: Sequence[Step]) -> bool:
    """Whether goods that go out have merely been pre-deducted: they are held since their declaration."""
    left = [[step for step in steps if step.does != "expected"] for steps in (was, now)]
    return left[0] == left[1] and is_outward(booking, row.document)


def _known(row: Document) -> Known:
    return Known(row.document_id, row.tenant_id, row.kind, row.state, row.seq_no, row.customs_no)
