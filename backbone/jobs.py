"""Work in lanes: jobs of one lane (a card, a mailbox, a renderer) run one after another, lanes run beside each other.

A sick lane never stops another. A job is done when its handler's effect is committed; a handler that is killed half-way
is called again and must find out how far it came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from backbone import log, metrics, postgres, trace
from backbone.backoff import WORK, AgainLater
from backbone.ids import new_id
from backbone.pauses import until_any
from backbone.postgres import Connection, PlainConnection, Pool

CHANNEL = "jobs"
_POLL_SECONDS = 0.5


@dataclass
class Job:
    job_id: UUID
    queue: str
    lane: str
    dedupe_key: str
    tenant_id: UUID
    payload: bytes
    traceparent: str | None
    tries: int
    is_finished: bool = False
    """Whether its handler has marked it done in the transaction of its effect."""


class GiveUp(Exception):
    """The job has failed for good; the reason is kept with it."""


JobHandler = Callable[[Job], Awaitable[None]]


async def enqueue(
    connection: Connection,
    *,
    queue: str,
    lane: str,
    dedupe_key: str,
    tenant_id: UUID,
    payload: bytes = b"",
    urgent: bool = False,
) -> bool:
    """Add a job to the caller's transaction; False when one of this key is there. Wake the worker after the commit.

    `urgent`: before all others of its lane that are due.
    """
    status = await connection.execute(
        "INSERT INTO jobs (job_id, queue, lane, dedupe_key, tenant_id, payload, traceparent, urgent) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (queue, dedupe_key) DO NOTHING",
        new_id(),
        queue,
        lane,
        dedupe_key,
        tenant_id,
        payload,
        trace.current.get(),
        urgent,
    )
    return status == "INSERT 0 1"


async def finish(connection: Connection, job: Job) -> None:
    """Mark the job done in the transaction of its effect; its payload is no longer needed.

    A handler whose transaction fails after this must raise, or the job comes again.
    """
    await _close(connection, job, "done", None)
    job.is_finished = True


async def _close(connection: Connection | Pool, job: Job, state: str, error: str | None) -> None:
    await connection.execute(
        "UPDATE jobs SET state = $2, last_error = $3, payload = NULL, updated_at = now() "
        "WHERE job_id = $1 AND state = 'queued'",
        job.job_id,
        state,
        error,
    )


class Worker:
    """Runs the lanes of one queue. Across processes a lane belongs to one worker at a time (advisory lock).

    `admits` says of a lane whether this process should try it now; a lane it leaves is another process's to take.
    """

    def __init__(
        self,
        *,
        queue: str,
        pool: Pool,
        dsn: str,
        handler: JobHandler,
        max_lanes: int = 16,
        admits: Callable[[str], bool] | None = None,
    ) -> None:
        self.name = f"jobs:{queue}"
        self.ready = asyncio.Event()
        self._queue = queue
        self._pool = pool
        self._dsn = dsn
        self._handler = handler
        self._max_lanes = max_lanes
        self._admits = admits
        self._awake = asyncio.Event()
        self._lanes: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """New work may be there."""
        self._awake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; jobs in hand are finished. Raises on outages."""
        locks = await postgres.connect(self._dsn, name=self.name)
        # One connection speaks for all lanes; its statements must not overlap.
        speaking = asyncio.Lock()
        try:
            await locks.add_listener(CHANNEL, lambda *_: self._awake.set())
            self.ready.set()
            while not stop.is_set():
                self._awake.clear()
                await self._start_lanes(locks, speaking, stop)
                await until_any(_POLL_SECONDS, stop, self._awake)
            if self._lanes:
                await asyncio.gather(*self._lanes.values(), return_exceptions=True)
        finally:
            self.ready.clear()
            for task in self._lanes.values():
                task.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            self._lanes.clear()
            await locks.close(timeout=5)

    async def _start_lanes(self, locks: PlainConnection, speaking: asyncio.Lock, stop: asyncio.Event) -> None:
        for lane in [lane for lane, task in self._lanes.items() if task.done()]:
            error = self._lanes.pop(lane).exception()
            if error is not None:
                raise error
        rows = await self._pool.fetch(
            "SELECT lane, count(*) AS waiting, bool_or(due_at <= now()) AS due "
            "FROM jobs WHERE queue = $1 AND state = 'queued' GROUP BY lane ORDER BY min(due_at)",
            self._queue,
        )
        metrics.gauge("jobs_waiting").labels(self._queue).set(sum(row["waiting"] for row in rows))
        for row in rows:
            lane = row["lane"]
            if not row["due"] or lane in self._lanes or len(self._lanes) >= self._max_lanes:
                continue
            if not self._admitted(lane):
                continue
            key = f"{self._queue}/{lane}"
            async with speaking:
                mine = await locks.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 2))", key)
            if mine:
                self._lanes[lane] = asyncio.create_task(self._work(lane, key, locks, speaking, stop))

    def _admitted(self, lane: str) -> bool:
        return self._admits is None or self._admits(lane)

    async def _work(
        self, lane: str, key: str, locks: PlainConnection, speaking: asyncio.Lock, stop: asyncio.Event
    ) -> None:
        try:
            # Asked before every job: a lane that turned out to be another's is kept from its owner by our lock.
            while not stop.is_set() and not locks.is_closed() and self._admitted(lane):
                job = await self._next(lane)
                if job is None:
                    return
                await self._do(job)
        finally:
            # Another look at once: work may have come while this lane was closing.
            self._awake.set()
            if not locks.is_closed():
                async with speaking:
                    await locks.execute("SELECT pg_advisory_unlock(hashtextextended($1, 2))", key)

    async def _next(self, lane: str) -> Job | None:
        row = await self._pool.fetchrow(
            "UPDATE jobs SET tries = tries + 1, updated_at = now() WHERE job_id = ("
            " SELECT job_id FROM jobs WHERE queue = $1 AND lane = $2 AND state = 'queued' AND due_at <= now()"
            " ORDER BY urgent DESC, due_at, job_id LIMIT 1) "
            "RETURNING job_id, queue, lane, dedupe_key, tenant_id, payload, traceparent, tries",
            self._queue,
            lane,
        )
        return None if row is None else Job(**{**row, "payload": row["payload"] or b""})

    async def _do(self, job: Job) -> None:
        trace.current.set(trace.child(job.traceparent))
        started = time.perf_counter()
        result = "done"
        try:
            await self._handler(job)
            if not job.is_finished:
                await _close(self._pool, job, "done", None)
        except AgainLater as later:
            result = "again"
            await self._postpone(job, str(later), later.seconds, counts=later.failed)
        except GiveUp as failed:
            result = "failed"
            log.get().error(
                "job_failed", queue=job.queue, lane=job.lane, job_id=str(job.job_id), reason=str(failed)
            )
            await _close(self._pool, job, "failed", str(failed))
        except postgres.OUTAGES:
            raise
        except Exception as error:  # noqa: BLE001 - an unforeseen error of one job must not stop its lane
            result = "error"
            seconds = WORK.after(job.tries)
            log.get().error(
                "job_error",
                queue=job.queue,
                lane=job.lane,
                job_id=str(job.job_id),
                tries=job.tries,
                delay_seconds=seconds,
                exc_info=error,
            )
            await self._postpone(job, type(error).__name__, seconds)
        metrics.counter("jobs_finished_total").labels(job.queue, result).inc()
        metrics.histogram("job_seconds").labels(job.queue).observe(time.perf_counter() - started)

    async def _postpone(self, job: Job, reason: str, seconds: float, *, counts: bool = True) -> None:
        await self._pool.execute(
            "UPDATE jobs SET due_at = now() + make_interval(secs => $2), last_error = $3, tries = tries - $4, "
            "updated_at = now() WHERE job_id = $1 AND state = 'queued'",
            job.job_id,
            seconds,
            reason,
            0 if counts else 1,
        )
