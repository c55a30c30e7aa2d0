"""Whether something that happened to a document moves a book: asked of its steps before and after, without its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backbone.postgres import Connection
from services.entry.domain import Standing, fold
from services.entry.ledger.posting import Due
from services.entry.ledger.reading import passing
from services.entry.ledger.telling import steps_of
from services.entry.store import Document
from services.entry.told import Attempt, Told


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
        if after.customs_no is not None and after.customs_no != before.customs_no:
            due.numbered.add((after.tenant_id, after.kind, after.customs_no))
            due.documents.add(after.document_id)
        elif _moved(after, heard):
            due.documents.add(after.document_id)
    for making in passing(kind):
        if before.state not in making.passed and after.state not in making.passed:
            continue
        rows = await connection.fetch(
            "SELECT on_no FROM leanings WHERE document_id = $1 AND on_kind = $2",
            after.document_id,
            making.source,
        )
        due.passed |= {(after.tenant_id, making.source, row["on_no"]) for row in rows}


def _moved(document: Document, heard: Heard) -> bool:
    kind = document.of_kind
    earlier = [fact for fact in heard.facts if fact.key != heard.newest.key]
    stood = fold(kind.life, heard.attempts, earlier)
    return steps_of(kind, stood, heard.attempts, earlier) != steps_of(
        kind, heard.standing, heard.attempts, heard.facts
    )
