"""What becomes of whole answers: their documents are found, each is told once, and what it teaches is remembered.

Many answers at once, in the caller's transaction. What one teaches may be what another waits for, so what found nothing is
looked for again as long as something new was learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backbone import compress, metrics
from backbone.ids import new_id
from backbone.postgres import Connection
from contracts.events.event import JsonObject
from contracts.events.receipts import ReceiptReceived
from customs.singlewindow import Receipt
from services.receipts import domain, matching
from services.receipts.matching import Document, News, Taught, Telling, Wanted
from services.receipts.reading import Understood
from services.receipts.store import Described, RawFile, Standing

_STEM_GRACE = timedelta(seconds=30)
# Beyond this the answer's text is left out of the event, which must stay below the topic's limit; the file is kept here.
_MAX_PACKED_TEXT = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, in one file or in several, joined by a line feed; `sha256` is over those bytes."""

    raws: Sequence[RawFile]
    receipt: Receipt
    text: str
    sha256: str
    read: Described

    @property
    def raw_ids(self) -> list[UUID]:
        return [raw.raw_id for raw in self.raws]


@dataclass(frozen=True, slots=True)
class Decision:
    """`event` where the answer is told now."""

    standing: Standing
    event: ReceiptReceived | None = None


def answer(raws: Sequence[RawFile], found: Understood, sha256: str) -> Answer:
    return Answer(raws, found.receipt, found.text, sha256, described(found.receipt, raws[0].file_name))


def described(receipt: Receipt, file_name: str) -> Described:
    keys = domain.keys_of(receipt, file_name)
    return Described(receipt.message_type, receipt.message_id, keys, receipt.repairs)


async def decide(
    connection: Connection,
    tenant_id: UUID,
    answers: Sequence[Answer],
    named: Mapping[int, Document] | None = None,
) -> list[Decision]:
    """`named` are documents that a person said, by the answer's position. The caller appends the events."""
    decided: dict[int, Decision] = {}
    news: list[News] = []
    documents = dict(named or {})
    excluded = False
    while len(decided) < len(answers):
        waiting = [number for number in range(len(answers)) if number not in decided]
        ready = waiting if excluded else _ready(answers, waiting)
        documents |= await _found(connection, tenant_id, answers, ready, documents)
        told = await _tell(connection, tenant_id, answers, {n: documents[n] for n in ready if n in documents})
        decided |= told
        learned = await matching.learn(
            connection,
            [_taught(tenant_id, answers[n], documents[n]) for n, each in told.items() if each.event],
        )
        news += learned
        if learned or (told and len(ready) < len(waiting)):
            continue
        if excluded:
            decided |= {number: _unmatched(answers[number]) for number in waiting if number not in decided}
        elif len(decided) < len(answers):
            await matching.exclude_learning(connection, tenant_id)
            excluded = True
    if news:
        if not excluded:
            await matching.announce_learning(connection, [tenant_id])
        # What waited for a number that was known before was woken when it was learned.
        await matching.wake_unmatched(connection, news)
    return [decided[number] for number in range(len(answers))]


def count(answers: Sequence[Answer], decisions: Sequence[Decision]) -> None:
    """After the commit."""
    for each, decision in zip(answers, decisions, strict=True):
        if decision.event is not None:
            labels = (each.receipt.message_type, each.receipt.outcome)
            metrics.counter("receipts_received_total").labels(*labels).inc()
        elif decision.standing.state == "repeated":
            metrics.counter("receipts_repeated_total").inc()


def _ready(answers: Sequence[Answer], waiting: Sequence[int]) -> list[int]:
    """All but those with a number that an acknowledgement before them brings: what it teaches finds them better."""
    ready: list[int] = []
    coming: set[str | None] = set()
    for number in waiting:
        keys = answers[number].read.keys
        if {keys.seq_no, keys.customs_no} & coming:
            continue
        ready.append(number)
        numbers = domain.taught_by(answers[number].receipt)
        coming |= {numbers.seq_no, numbers.customs_no} - {keys.seq_no, keys.customs_no, None}
    return ready


async def _found(
    connection: Connection,
    tenant_id: UUID,
    answers: Sequence[Answer],
    ready: Sequence[int],
    known: Mapping[int, Document],
) -> dict[int, Document]:
    looked_for = [number for number in ready if number not in known]
    if not looked_for:
        return {}
    now = datetime.now(UTC)
    wanted = [
        Wanted(
            enterprise_id=answers[number].raws[0].enterprise_id,
            keys=answers[number].read.keys,
            wait_for_stem=now - answers[number].raws[0].arrived_at < _STEM_GRACE,
        )
        for number in looked_for
    ]
    found = await matching.find(connection, tenant_id, wanted)
    return {
        number: document for number, document in zip(looked_for, found, strict=True) if document is not None
    }


async def _tell(
    connection: Connection, tenant_id: UUID, answers: Sequence[Answer], told: Mapping[int, Document]
) -> dict[int, Decision]:
    if not told:
        return {}
    tellings = [
        Telling(
            document_id=document.document_id,
            answer_key=domain.answer_key(answers[number].receipt, answers[number].raws[0].file_name),
            receipt_id=new_id(),
            raw_id=answers[number].raws[0].raw_id,
        )
        for number, document in told.items()
    ]
    tellers = await matching.told_by(connection, tenant_id, tellings)
    decided = {}
    for (number, document), telling, teller in zip(told.items(), tellings, tellers, strict=True):
        event = _event(answers[number], document, teller) if teller == telling.receipt_id else None
        state = "repeated" if event is None else "matched"
        decided[number] = Decision(Standing(state, document.document_id, teller), event)
    return decided


def _taught(tenant_id: UUID, told: Answer, document: Document) -> Taught:
    return Taught(tenant_id, document.document_id, document.kind, domain.taught_by(told.receipt))


def _unmatched(left: Answer) -> Decision:
    reason, seconds = domain.why_unmatched(left.read.keys), domain.retry_after(left.raws[0].tries)
    return Decision(Standing("unmatched", reason_code="unmatched", reason=reason, retry_seconds=seconds))


def _event(told: Answer, document: Document, receipt_id: UUID) -> ReceiptReceived:
    receipt, first = told.receipt, told.raws[0]
    text = told.text
    if len(text) > _MAX_PACKED_TEXT // 3 and len(compress.pack(text.encode())) > _MAX_PACKED_TEXT:
        text = ""
    return ReceiptReceived(
        tenant_id=first.tenant_id,
        document_id=document.document_id,
        kind=document.kind,
        enterprise_id=document.enterprise_id,
        internal_no=document.internal_no,
        receipt_id=receipt_id,
        raw_id=first.raw_id,
        attempt_id=document.attempt_id,
        message_type=receipt.message_type,
        message_id=receipt.message_id,
        mailbox=first.mailbox,
        file_name=first.file_name,
        code=receipt.code,
        outcome=receipt.outcome,
        seq_no=receipt.seq_no,
        customs_no=receipt.customs_no,
        entry_seq_no=receipt.entry_seq_no,
        change_count=receipt.change_count,
        declaration_type=receipt.declaration_type,
        existing_seq_no=receipt.existing_seq_no,
        reasons=list(receipt.reasons),
        authority_time=receipt.authority_time,
        authority_at=receipt.authority_at,
        received_at=first.arrived_at,
        body=_body(receipt),
        raw=text,
        raw_sha256=told.sha256,
    )


def _body(receipt: Receipt) -> JsonObject:
    """The sections of the document beside what else was told, as the event names them."""
    body = {name: value for name, value in receipt.body.items() if name != "document"}
    document = receipt.body.get("document")
    return {**document, **body} if isinstance(document, dict) else body
