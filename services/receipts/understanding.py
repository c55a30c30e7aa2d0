"""Understanding a kept file: read it, join its packets, find its document, tell it once. One transaction decides."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backbone import compress, jobs, log, metrics, outbox, postgres
from backbone.ids import new_id
from backbone.jobs import Job
from backbone.postgres import Connection, Pool
from contracts.events.event import JsonObject
from contracts.events.receipts import ReceiptReceived
from customs.singlewindow import Receipt
from services.receipts import domain, matching, store
from services.receipts.reading import (
    MAX_JOINED_BYTES,
    TOO_LARGE_TOGETHER,
    Understood,
    Unreadable,
    understand,
    understand_joined,
)
from services.receipts.store import Described, RawFile

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


class Understanding:
    """The handler of the job queue `understand`; its payload is a raw id."""

    def __init__(self, pool: Pool, *, packet_timeout_seconds: float, wake: Callable[[], None]) -> None:
        self._pool = pool
        self._timeout = packet_timeout_seconds
        self._wake = wake

    async def __call__(self, job: Job) -> None:
        loaded = await store.load(self._pool, UUID(job.payload.decode()))
        if loaded is None:
            return
        raw, data = loaded
        if data is None or raw.state in domain.TOLD:
            return
        found = await asyncio.to_thread(understand, data)
        if isinstance(found, Unreadable):
            await self._unreadable(job, [raw], found)
        elif found.receipt.is_split:
            await self._part(job, raw, found)
        else:
            await self._whole(job, _answer([raw], found, raw.sha256))
        self._wake()

    async def _unreadable(self, job: Job, raws: Sequence[RawFile], why: Unreadable) -> None:
        async with postgres.transaction(self._pool) as connection:
            ids = [raw.raw_id for raw in raws]
            await store.mark_unreadable(connection, ids, why.code, why.text, why.message_type)
            await jobs.finish(connection, job)
        log.get().warning(
            "receipt_unreadable", mailbox=raws[0].mailbox, raw_id=str(raws[0].raw_id), reason_code=why.code
        )

    async def _whole(self, job: Job, answer: Answer) -> None:
        receipt = answer.receipt
        first = answer.raws[0]
        keys = answer.read.keys
        async with postgres.transaction(self._pool) as connection:
            await matching.serialise(connection, first.tenant_id, shared=False)
            # Only what was looked at before can have been matched by hand.
            named = (
                await matching.said_by_hand(connection, first.tenant_id, answer.raw_ids)
                if first.tries
                else None
            )
            wait = datetime.now(UTC) - first.arrived_at < _STEM_GRACE
            document = named or await matching.find(
                connection, first.tenant_id, first.enterprise_id, keys, wait_for_stem=wait
            )
            if document is None:
                reason, seconds = domain.why_unmatched(keys), domain.retry_after(first.tries)
                await store.mark_unmatched(connection, answer.raw_ids, answer.read, reason, seconds)
            else:
                await self._tell(connection, answer, document)
            await jobs.finish(connection, job)
        if named is not None:
            metrics.counter("receipts_matched_by_hand_total").labels(receipt.message_type).inc()

    async def _tell(self, connection: Connection, answer: Answer, document: matching.Document) -> None:
        receipt, first = answer.receipt, answer.raws[0]
        key = domain.answer_key(receipt, first.file_name)
        receipt_id = new_id()
        told_by = await matching.answered(connection, answer.raws, document, key, receipt_id)
        state = "matched" if told_by == receipt_id else "repeated"
        await store.mark_told(connection, answer.raw_ids, answer.read, state, document.document_id, told_by)
        if state == "repeated":
            metrics.counter("receipts_repeated_total").inc()
            return
        event = _event(answer, document, receipt_id)
        await outbox.append(connection, [event], tenant_id=first.tenant_id)
        await self._learn(connection, first.tenant_id, receipt, document)
        metrics.counter("receipts_received_total").labels(receipt.message_type, receipt.outcome).inc()

    @staticmethod
    async def _learn(
        connection: Connection, tenant_id: UUID, receipt: Receipt, document: matching.Document
    ) -> None:
        numbers = domain.taught_by(receipt)
        if numbers == domain.Numbers():
            return
        new, strange = await matching.learn(
            connection, tenant_id, document.document_id, document.kind, numbers
        )
        if strange:
            log.get().warning("number_of_another_document", document_id=str(document.document_id))
        # What waited for a number that was known before was woken when it was learned.
        if new != domain.Numbers():
            await matching.wake_unmatched(connection, tenant_id, numbers=new)

    async def _part(self, job: Job, raw: RawFile, found: Understood) -> None:
        """Lanes are mailboxes, so parts of one receipt never come here at the same time."""
        packet = found.receipt.packet
        assert packet is not None
        group = domain.packet_group(raw.mailbox, found.receipt)
        read = _described(found.receipt, raw.file_name)
        async with postgres.transaction(self._pool) as connection:
            await store.describe(connection, raw.raw_id, read)
            holder = await store.add_packet(connection, raw, group, packet.number, packet.total)
            if holder != raw.raw_id:
                first = await store.load(connection, holder)
                assert first is not None
                same = await asyncio.to_thread(_same_part, first[1] or b"", found.receipt)
                if same:
                    await store.mark_repeated(connection, raw.raw_id, holder)
                    metrics.counter("receipts_repeated_total").inc()
                else:
                    text = f"第{packet.number}包与先到的同号分包内容不同，请人工核对"
                    await store.mark_unreadable(
                        connection, [raw.raw_id], "packets_differ", text, found.receipt.message_type
                    )
                await jobs.finish(connection, job)
                return
            parts = await store.parts_of(connection, group)
            if len(parts) < packet.total:
                await self._wait(connection, raw, parts, packet.total)
                await jobs.finish(connection, job)
                return
        await self._join(job, list(parts.values()))

    async def _wait(self, connection: Connection, raw: RawFile, parts: dict[int, UUID], total: int) -> None:
        if datetime.now(UTC) - raw.arrived_at < timedelta(seconds=self._timeout):
            state, reason = "waiting", domain.why_waiting(len(parts), total)
        else:
            missing = [number for number in range(1, total + 1) if number not in parts]
            minutes = max(1, round(self._timeout / 60))
            state, reason = "incomplete", domain.why_incomplete(missing, total, minutes)
        # All parts say the same; those that came early are shown as incomplete with the first whose time is over.
        await store.mark_parts(connection, list(parts.values()), state, reason, self._timeout)

    async def _join(self, job: Job, raw_ids: Sequence[UUID]) -> None:
        raws: list[RawFile] = []
        contents: list[bytes] = []
        async with postgres.transaction(self._pool) as connection:
            too_large = await store.bytes_of(connection, raw_ids) > MAX_JOINED_BYTES
            for raw_id in raw_ids:
                loaded = await store.load(connection, raw_id)
                assert loaded is not None
                raws.append(loaded[0])
                if not too_large:
                    contents.append(loaded[1] or b"")
        if too_large:
            await self._unreadable(job, raws, TOO_LARGE_TOGETHER)
            return
        joined = await asyncio.to_thread(understand_joined, contents)
        if isinstance(joined, Unreadable):
            await self._unreadable(job, raws, joined)
            return
        digest = hashlib.sha256(b"\n".join(contents)).hexdigest()
        await self._whole(job, _answer(raws, joined, digest))


def _answer(raws: Sequence[RawFile], found: Understood, sha256: str) -> Answer:
    return Answer(raws, found.receipt, found.text, sha256, _described(found.receipt, raws[0].file_name))


def _described(receipt: Receipt, file_name: str) -> Described:
    keys = domain.keys_of(receipt, file_name)
    return Described(receipt.message_type, receipt.message_id, keys, receipt.repairs)


def _same_part(first: bytes, receipt: Receipt) -> bool:
    other = understand(first)
    return isinstance(other, Understood) and other.receipt.body == receipt.body


def _event(answer: Answer, document: matching.Document, receipt_id: UUID) -> ReceiptReceived:
    receipt, first = answer.receipt, answer.raws[0]
    text = answer.text
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
        raw_sha256=answer.sha256,
    )


def _body(receipt: Receipt) -> JsonObject:
    """The sections of the document beside what else was told, as the event names them."""
    body = {name: value for name, value in receipt.body.items() if name != "document"}
    document = receipt.body.get("document")
    return {**document, **body} if isinstance(document, dict) else body
