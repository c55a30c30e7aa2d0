"""Understanding a kept file: read it, join its packets, find its document, tell it once. One transaction decides."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backbone import jobs, log, metrics, outbox, postgres
from backbone.jobs import Job
from backbone.postgres import Connection, Pool
from customs.singlewindow import Receipt
from services.receipts import deciding, domain, matching, store
from services.receipts.deciding import Answer
from services.receipts.reading import (
    MAX_JOINED_BYTES,
    TOO_LARGE_TOGETHER,
    Understood,
    Unreadable,
    understand,
    understand_joined,
)
from services.receipts.store import RawFile


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
            await self._whole(job, deciding.answer([raw], found, raw.sha256))
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
        first = answer.raws[0]
        async with postgres.transaction(self._pool) as connection:
            # Only what was looked at before can have been matched by hand.
            named = (
                await matching.said_by_hand(connection, first.tenant_id, answer.raw_ids)
                if first.tries
                else None
            )
            decisions = await deciding.decide(
                connection, first.tenant_id, [answer], {} if named is None else {0: named}
            )
            await store.settle(connection, answer.raw_ids, answer.read, decisions[0].standing)
            told = [decision.event for decision in decisions if decision.event is not None]
            await outbox.append(connection, told, tenant_id=first.tenant_id)
            await jobs.finish(connection, job)
        deciding.count([answer], decisions)
        if named is not None:
            metrics.counter("receipts_matched_by_hand_total").labels(answer.receipt.message_type).inc()

    async def _part(self, job: Job, raw: RawFile, found: Understood) -> None:
        """Lanes are mailboxes, so parts of one receipt never come here at the same time."""
        packet = found.receipt.packet
        assert packet is not None
        group = domain.packet_group(raw.mailbox, found.receipt)
        read = deciding.described(found.receipt, raw.file_name)
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
        await self._whole(job, deciding.answer(raws, joined, digest))


def _same_part(first: bytes, receipt: Receipt) -> bool:
    other = understand(first)
    return isinstance(other, Understood) and other.receipt.body == receipt.body
