"""Whether something that happened to a document moves a book: asked of its steps before and after, without its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from customs.documents.booking import Booking
from customs.ledger.postings import Step
from customs.ledger.versions import is_outward
from services.entry.document.store import Document
from services.entry.fold.folding import Standing
from services.entry.fold.told import Attempt, Told
from services.entry.ledger.posting import Due
from services.entry.ledger.reading import Known, moving, passing


@dataclass(frozen=True, slots=True)
class Heard:
    """The whole set after the newest fact, what the fold says of it, and the same before that fact (`stood` only of what has a book)."""

    attempts: Sequence[Attempt]
    facts: Sequence[Told]
    standing: Standing
    earlier: Sequence[Told]
    stood: Standing | None


def note(before: Document, after: Document, heard: Heard, due: Due) -> None:
    """Say what is due: the document's own postings, or those of documents whose goods it takes through the gate."""
    kind = after.of_kind
    if kind.booking is not None:
        _own(kind.booking, before, after, heard, due)
    for making in passing(kind):
        if before.state in making.passed or after.state in making.passed:
            due.carried.add((after.document_id, making.source))


def _own(booking: Booking, before: Document, after: Document, heard: Heard, due: Due) -> None:
    assert heard.stood is not None
    was = moving(_known(before), heard.stood, heard.attempts, heard.earlier).steps
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
