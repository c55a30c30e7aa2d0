"""Delivering one file so that no attempt reaches OutBox twice, whatever is interrupted when.

A row goes intended → staged → delivered, each committed before the next step on disk. `intended`: the file was never
released, for certain, and may be staged anew. `staged`: it may have been renamed into OutBox; then only what is found
decides, and when nothing is found the delivery is unknown and never repeated.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from backbone import jobs, log, metrics, outbox, postgres, trace
from backbone.backoff import WORK, AgainLater
from backbone.folder import OwnedByAnother
from backbone.jobs import Job
from backbone.postgres import Pool
from services.submission import events, store
from services.submission.boxes import Boxes, Mailboxes, NotReady, Observer, unobserved
from services.submission.domain import Delivery, State, missing_for, stem_of

QUEUE = "deliver"
_LOOK_AGAIN_SECONDS = 5.0
AT_ONCE = 32
"""Files of a mailbox that share their commits. Others of the tenant wait no longer than these take."""
T = TypeVar("T")


class _Touched(Exception):
    """A file is not, or no longer, as it was when its delivery was ordered."""


class Delivering:
    """The job handler of submission."""

    def __init__(
        self,
        *,
        pool: Pool,
        mailboxes: Mailboxes,
        grace: timedelta,
        wake: Callable[[], None],
        observe: Observer = unobserved,
    ) -> None:
        self._pool = pool
        self._mailboxes = mailboxes
        self._grace = grace
        self._wake = wake
        self._observe = observe

    async def together(self, jobs_of_lane: Sequence[Job]) -> None:
        """Files of one mailbox that nobody has touched: two commits, and two syncs of each folder, for all of them.

        A crash leaves all of them staged at the worst, and each is then looked for by itself. Raises _Touched when one is
        no longer as it was ordered; `do` understands any.
        """
        tries = [_try_of(job) for job in jobs_of_lane]
        found = await store.find_with_parcels(self._pool, tries)
        files: dict[str, bytes] = {}
        deliveries: list[Delivery] = []
        for each in tries:
            delivery, parcel = found.get(each, (None, None))
            if delivery is None or parcel is None or not _is_fresh(delivery):
                raise _Touched
            deliveries.append(delivery)
            files[delivery.file_name] = parcel
        mailbox = jobs_of_lane[0].lane
        await self._mailboxes.use(mailbox, lambda boxes: _stage_new(boxes, files))
        async with postgres.transaction(self._pool) as connection:
            staged = await store.move_all(connection, deliveries, State.STAGED, after=[State.INTENDED])
            if len(staged) < len(deliveries):
                raise _Touched
        self._observe("staged_recorded")
        await self._mailboxes.use(mailbox, lambda boxes: boxes.release(list(files)))
        await self._record(jobs_of_lane, deliveries)

    async def do(self, job: Job) -> None:
        """The file of one try, however far it came: recorded as delivered, or as unknown."""
        delivery = await store.find(self._pool, *_try_of(job))
        if delivery is None or delivery.state not in (State.INTENDED, State.STAGED):
            return
        try:
            if delivery.state is State.INTENDED and delivery.acknowledged_at is not None:
                await self._superseded(job, delivery)
            elif await self._is_out(delivery):
                await self._record([job], [delivery])
            else:
                await self._vanished(job, delivery)
        except OwnedByAnother as error:
            raise AgainLater("mailbox owned by another process", 0.0, failed=False) from error
        except NotReady as error:
            raise AgainLater(str(error), WORK.after(job.tries)) from error

    async def _superseded(self, job: Job, delivery: Delivery) -> None:
        """The authority has the message already, by an earlier file."""
        async with postgres.transaction(self._pool) as connection:
            await store.move(connection, delivery, State.CLOSED, after=[State.INTENDED])
            await jobs.finish(connection, job)

    async def _is_out(self, delivery: Delivery) -> bool:
        """Bring the file into OutBox unless it went there before; False when that cannot be told."""
        name = delivery.file_name
        place, staged = await self._use(delivery, lambda boxes: (boxes.find(name), boxes.staged_sha256(name)))
        if place is not None or delivery.acknowledged_at is not None:
            return True
        if delivery.state is State.STAGED and staged is None:
            return False
        if delivery.state is State.INTENDED or staged != delivery.sha256:
            await self._stage(delivery)
        await self._use(delivery, lambda boxes: boxes.release([name]))
        return True

    async def _stage(self, delivery: Delivery) -> None:
        parcel = await store.parcel_of(self._pool, delivery)
        if parcel is None:
            raise jobs.GiveUp("the parcel is gone")
        await self._use(delivery, lambda boxes: boxes.stage({delivery.file_name: parcel}))
        async with postgres.transaction(self._pool) as connection:
            await store.move(connection, delivery, State.STAGED, after=[State.INTENDED])
        self._observe("staged_recorded")

    async def _record(self, jobs_of_lane: Sequence[Job], deliveries: Sequence[Delivery]) -> None:
        async with postgres.transaction(self._pool) as connection:
            recorded = await store.move_all(
                connection, deliveries, State.DELIVERED, after=[State.INTENDED, State.STAGED]
            )
            now = datetime.now(UTC)
            await outbox.append_rows(connection, [_told(delivery, now) for delivery in recorded])
            await jobs.finish_all(connection, jobs_of_lane)
            self._observe("delivered_recording")
        self._observe("delivered_recorded")
        self._wake()
        for delivery in recorded:
            metrics.counter("messages_delivered_total").labels(delivery.message_type).inc()
            log.get().info(
                "message_delivered",
                attempt_id=str(delivery.attempt_id),
                document_id=str(delivery.document_id),
                mailbox=delivery.mailbox,
                file_name=delivery.file_name,
                sha256=delivery.sha256,
            )
        if recorded:
            with contextlib.suppress(NotReady, OwnedByAnother):
                await self._use(recorded[0], lambda boxes: _tidy(boxes, recorded))

    async def _vanished(self, job: Job, delivery: Delivery) -> None:
        now = datetime.now(UTC)
        if delivery.missing_since is None:
            await store.mark_missing(self._pool, delivery, now)
        if missing_for(delivery, now) < self._grace:
            wait = min(_LOOK_AGAIN_SECONDS, self._grace.total_seconds())
            raise AgainLater("staged and in no box", wait, failed=False)
        async with postgres.transaction(self._pool) as connection:
            if await store.move(
                connection, delivery, State.UNKNOWN, after=[State.STAGED], unless_acknowledged=True
            ):
                await outbox.append(connection, [events.unknown(delivery, now)], tenant_id=delivery.tenant_id)
            await jobs.finish(connection, job)
        self._wake()
        metrics.counter("deliveries_unknown_total").inc()
        log.get().warning(
            "delivery_unknown", attempt_id=str(delivery.attempt_id), file_name=delivery.file_name
        )

    async def _use(self, delivery: Delivery, work: Callable[[Boxes], T]) -> T:
        return await self._mailboxes.use(delivery.mailbox, work)


def _try_of(job: Job) -> tuple[UUID, int]:
    attempt, _, try_no = job.dedupe_key.partition("/")
    return UUID(attempt), int(try_no)


def _is_fresh(delivery: Delivery) -> bool:
    return delivery.state is State.INTENDED and delivery.acknowledged_at is None


def _stage_new(boxes: Boxes, files: Mapping[str, bytes]) -> None:
    if any(boxes.find(name) is not None for name in files):
        raise _Touched
    boxes.stage(files)


def _told(delivery: Delivery, at: datetime) -> outbox.Row:
    trace.current.set(trace.child(delivery.traceparent))
    return outbox.row(events.delivered(delivery, at), tenant_id=delivery.tenant_id)


def _tidy(boxes: Boxes, deliveries: Sequence[Delivery]) -> None:
    for delivery in deliveries:
        boxes.tidy(delivery.file_name)
        if delivery.try_no > 1:
            earlier = stem_of(delivery.message_type, delivery.attempt_id, delivery.try_no - 1)
            boxes.tidy(f"{earlier}.zip")
