"""Absorbing facts: the only place where a document's state moves after it was ordered.

The documents that a batch tells of are locked and read as a set. In memory each fact joins the set of its document, the fold is
asked again, and what it says becomes a version and an event. What came of the batch is written as a set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from backbone import metrics, outbox, trace
from backbone.beside import beside_loop
from backbone.cloudevents import Received
from backbone.consume import Given
from backbone.postgres import Connection
from contracts.events.entry import DocumentProgressed, Fact
from contracts.events.event import DocumentRef
from contracts.events.receipts import ReceiptReceived
from customs.documents import JsonObject
from customs.documents.comparing import compare
from services.entry.document import histories, store
from services.entry.document.opening import reference
from services.entry.document.store import Document
from services.entry.fold.facts import fact_of
from services.entry.fold.folding import Standing, fold
from services.entry.fold.told import Attempt, Told
from services.entry.ledger import learning, locking, moving, posting
from services.entry.ledger.learning import Lesson
from services.entry.ledger.posting import Due
from services.entry.life.standing import Versions

_PART_BYTES = 4 * 1024 * 1024
"""Packed documents held in memory at once; a batch of larger ones is taken in parts, in one transaction all the same."""


async def absorb(connection: Connection, events: Sequence[Received]) -> Given:
    """Events about attempts, and what they move in the books. Answers those about documents that are not here."""
    due = Due()
    given_up = await take_in(connection, events, due)
    await posting.settle(connection, due)
    return given_up


async def take_in(connection: Connection, events: Sequence[Received], due: Due) -> Given:
    """The same, with what they move in the books left to be settled before the transaction ends."""
    sizes = await locking.before(connection, events)
    given_up = {}
    about: dict[UUID, list[Received]] = {}
    for received in events:
        document_id = _document_of(received)
        if document_id in sizes:
            about.setdefault(document_id, []).append(received)
        else:
            given_up[received.id] = f"no document {document_id}"
    for part in _parts(about, sizes):
        absorbing = await _Absorbing.of(connection, await store.of_ids(connection, part), due)
        await absorbing.take(received for document_id in part for received in about[document_id])
        await absorbing.write()
    return given_up


async def take_up(connection: Connection, document: Document, told: Told, line: Fact) -> Document:
    """Add one fact to the set of a document that is locked, and settle the books. Answers the document as it stands then."""
    due = Due()
    absorbing = await _Absorbing.of(connection, {document.document_id: document}, due)
    await absorbing.take_up(document.document_id, told, line)
    await absorbing.write()
    await posting.settle(connection, due)
    return absorbing.row(document.document_id)


def _document_of(received: Received) -> UUID:
    event = received.event
    assert isinstance(event, DocumentRef)
    return event.document_id


def _parts(ids: Iterable[UUID], sizes: Mapping[UUID, int]) -> list[list[UUID]]:
    parts: list[list[UUID]] = [[]]
    held = 0
    for document_id in ids:
        if parts[-1] and held + sizes[document_id] > _PART_BYTES:
            parts.append([])
            held = 0
        parts[-1].append(document_id)
        held += sizes[document_id]
    return [part for part in parts if part]


@dataclass(slots=True)
class _Subject:
    """A document that facts are told of: as the table has it, as it stands now, and its set."""

    stored: Document
    row: Document
    attempts: Mapping[UUID, Attempt]
    facts: dict[str, Told]
    standing: Standing | None = None
    """What the fold says of the facts so far, once it was asked."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A fact that may be new, with what the fold says when it is."""

    received: Received | None
    """None: a person tells it."""
    subject: _Subject
    told: Told
    line: Fact
    heard: moving.Heard | None


@dataclass(slots=True)
class _Absorbing:
    connection: Connection
    due: Due
    subjects: Mapping[UUID, _Subject]
    versions: Versions
    facts: list[tuple[Document, Told]] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)
    events: list[outbox.Row] = field(default_factory=list)

    @classmethod
    async def of(cls, connection: Connection, rows: Mapping[UUID, Document], due: Due) -> _Absorbing:
        """For these documents, which must be locked."""
        attempts = await histories.attempts_of(connection, rows)
        facts = await histories.facts_of(connection, rows)
        subjects = {
            own: _Subject(row, row, attempts[own], {fact.key: fact for fact in facts[own]})
            for own, row in rows.items()
        }
        return cls(connection, due, subjects, Versions(connection))

    def row(self, document_id: UUID) -> Document:
        """As it stands now."""
        return self.subjects[document_id].row

    async def take(self, events: Iterable[Received]) -> None:
        """Everything that these tell, in their order."""
        heard = []
        for received in events:
            heard.append(self._fact(received))
            # Others of this process have their turn between two folds.
            await asyncio.sleep(0)
        await self._take(heard)

    async def take_up(self, document_id: UUID, told: Told, line: Fact) -> None:
        """What a person tells."""
        await self._take([self._joined(None, self.subjects[document_id], told, line)])

    async def write(self) -> None:
        """What came of all facts so far."""
        await self._write_rows()
        await histories.add_facts(self.connection, self.facts)
        await learning.learn(self.connection, self.lessons, self.due)
        await outbox.append_rows(self.connection, self.events)
        self.facts, self.lessons, self.events = [], [], []

    async def _write_rows(self) -> None:
        moved = [each for each in self.subjects.values() if each.row is not each.stored]
        await store.move(self.connection, [(each.stored, each.row) for each in moved])
        for each in moved:
            each.stored = each.row

    def _fact(self, received: Received) -> _Told:
        event = received.event
        subject = self.subjects[_document_of(received)]
        told, line = fact_of(received)
        if isinstance(event, ReceiptReceived) and event.attempt_id is not None:
            attempt = subject.attempts.get(event.attempt_id)
            told = replace(told, attempt_no=None if attempt is None else attempt.attempt_no)
        return self._joined(received, subject, told, line)

    def _joined(self, received: Received | None, subject: _Subject, told: Told, line: Fact) -> _Told:
        """The fact in the set of its document, and what the fold says then. A fact that is there says nothing."""
        if told.key in subject.facts:
            return _Told(received, subject, told, line, None)
        life, attempts = subject.row.of_kind.life, list(subject.attempts.values())
        earlier = list(subject.facts.values())
        stood = subject.standing
        if stood is None and subject.row.of_kind.booking is not None:
            stood = fold(life, attempts, earlier)
        subject.facts[told.key] = told
        subject.standing = fold(life, attempts, subject.facts.values())
        self.facts.append((subject.row, told))
        heard = moving.Heard(attempts, [*earlier, told], subject.standing, earlier, stood)
        return _Told(received, subject, told, line, heard)

    async def _take(self, heard: Collection[_Told]) -> None:
        await self.versions.read(
            (each.subject.row, each.heard.standing) for each in heard if each.heard is not None
        )
        for each in heard:
            if each.received is not None:
                trace.current.set(trace.child(each.received.traceparent))
                event = each.received.event
                if isinstance(event, ReceiptReceived):
                    lesson = await learning.lesson_of(each.subject.row, event)
                    self.lessons += [] if lesson is None else [lesson]
            if each.heard is not None:
                await self._progressed(each.subject, each.told, each.line, each.heard)

    async def _progressed(self, subject: _Subject, told: Told, line: Fact, heard: moving.Heard) -> None:
        document, standing = subject.row, heard.standing
        if document.state == "deleted" and document.seq_no is None and standing.state in _NOT_THERE:
            # A late word about a draft deleted here, kept in the set.
            return
        now = datetime.now(UTC)
        if not await self._placed(subject, await self.versions.next(document, standing, now)):
            # It is at the authority, but its number was used for another document meanwhile: kept for a person.
            metrics.counter("facts_unassigned_total").labels(document.kind).inc()
            return
        progressed = subject.row
        attempt_no = standing.assigned.get(told.key, told.attempt_no)
        event = DocumentProgressed(
            **reference(progressed),
            previous_state=document.state,
            fact=line.model_copy(update={"attempt_no": attempt_no}),
            attempt_no=standing.attempt_no,
            approved_attempt_no=progressed.approved_attempt_no,
            notes=list(progressed.notes),
            deadline_at=standing.deadline_at,
            needs_operator=standing.needs_operator,
            authority=dict(standing.authority),
            document=await _replaced(document, progressed),
            occurred_at=now,
        )
        self.events.append(outbox.row(event, tenant_id=document.tenant_id))
        if standing.state != document.state:
            metrics.counter("document_progressed_total").labels(document.kind, standing.state).inc()
        if attempt_no is None:
            metrics.counter("facts_unassigned_total").labels(document.kind).inc()
        moving.note(document, progressed, heard, self.due)

    async def _placed(self, subject: _Subject, row: Document) -> bool:
        """Let the document stand so. False for a deleted draft whose number another document has now."""
        before = subject.row
        if row.internal_no == before.internal_no and before.state != "deleted":
            subject.row = row
            return True
        # Only the table knows whether the number is free; by what the batch says so far.
        await self._write_rows()
        try:
            async with self.connection.transaction():
                await store.update(self.connection, row)
        except asyncpg.UniqueViolationError:
            if before.state == "deleted":
                return False
            # The snapshot's own number was given to another document: the row keeps the one it has.
            subject.row = replace(row, internal_no=before.internal_no)
            return True
        subject.row = subject.stored = row
        return True


async def _replaced(before: Document, after: Document) -> JsonObject | None:
    """The working copy, where it says something else than before."""
    if after.content == before.content:
        return None
    old, new = before.document, after.document
    same = await beside_loop(len(after.content), lambda: compare(after.of_kind, old, new).same)
    return None if same else new


# States in which nothing of a document is at the authority for certain.
_NOT_THERE = frozenset({"draft", "sending", "unknown", "failed"})
