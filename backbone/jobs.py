"""Work in lanes: jobs of one lane (a card, a mailbox, a renderer) run one after another, lanes run beside each other.

A sick lane never stops another. A job is done when its handler's effect is committed; a handler that is killed half-way
is called again and must find out how far it came.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from backbone import log, metrics, postgres, trace
from backbone.backoff import WORK, AgainLater
from backbone.ids import new_id
from backbone.pauses import until_any
from backbone.postgres import Connection, PlainConnection, Pool

CHANNEL = "jobs"
_POLL_SECONDS = 0.5
_LOOK_SECONDS = 5.0
"""Whoever adds a job wakes the worker of its own process; this is for what was added by others, and for the clock."""
_COUNT_SECONDS = 5.0
_TAKEN = ("job_id", "queue", "lane", "dedupe_key", "tenant_id", "payload", "traceparent", "tries")
# By leaps over the index: as many steps as lanes, however many jobs wait in each.
_LANES = """
WITH RECURSIVE found AS (
  (SELECT lane, due_at FROM jobs WHERE queue = $1 AND state = 'queued' ORDER BY lane, due_at LIMIT 1)
  UNION ALL
  SELECT next.lane, next.due_at FROM found, LATERAL (
    SELECT lane, due_at FROM jobs WHERE queue = $1 AND state = 'queued' AND lane > found.lane ORDER BY lane, due_at LIMIT 1
  ) AS next
)
SELECT lane, extract(epoch FROM due_at - now())::float AS seconds FROM found ORDER BY due_at
"""
# Urgent ones first, each kind by its own index. A try that a crash of PostgreSQL forgets is no loss, so nobody waits
# for the disk: the setting holds for this statement's own transaction.
_NEXT = (
    "(SELECT job_id, {urgent} AS urgent, due_at FROM jobs WHERE queue = $1 AND lane = $2 AND state = 'queued' "
    "AND urgent = {urgent} AND due_at <= now() ORDER BY due_at, job_id LIMIT $3)"
)
_TAKE = (
    "UPDATE jobs AS j SET tries = tries + 1, updated_at = now() FROM ("  # noqa: S608 - names of our own
    f"SELECT job_id FROM ({_NEXT.format(urgent='true')} UNION ALL {_NEXT.format(urgent='false')}) AS due "
    "ORDER BY urgent DESC, due_at, job_id LIMIT $3) AS next, "
    "(SELECT set_config('synchronous_commit', 'off', true)) AS unhurried "
    f"WHERE j.job_id = next.job_id RETURNING {', '.join(f'j.{name}' for name in _TAKEN)}, j.urgent, j.due_at"
)


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
JobsHandler = Callable[[Sequence[Job]], Awaitable[None]]
"""Does jobs of one lane together, in their order. When it raises, each of them is done by itself, however far it came."""


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
    await finish_all(connection, [job])


async def finish_all(connection: Connection, done: Sequence[Job]) -> None:
    """As `finish`, for all of them in one statement."""
    await _close(connection, done, "done", None)
    for job in done:
        job.is_finished = True


async def _close(connection: Connection | Pool, closed: Sequence[Job], state: str, error: str | None) -> None:
    await connection.execute(
        "UPDATE jobs SET state = $2, last_error = $3, payload = NULL, updated_at = now() "
        "WHERE job_id = ANY($1) AND state = 'queued'",
        [job.job_id for job in closed],
        state,
        error,
    )


class Worker:
    """Runs the lanes of one queue. Across processes a lane belongs to one worker at a time (advisory lock).

    `together` takes what waits in a lane, up to `at_once` jobs; `handler` takes one, and those that could not be done together.
    `admits` says of a lane whether this process should try it now; a lane it leaves is another process's to take.
    """

    def __init__(
        self,
        *,
        queue: str,
        pool: Pool,
        dsn: str,
        handler: JobHandler,
        together: JobsHandler | None = None,
        at_once: int = 1,
        max_lanes: int = 16,
        admits: Callable[[str], bool] | None = None,
    ) -> None:
        self.name = f"jobs:{queue}"
        self.ready = asyncio.Event()
        self._queue = queue
        self._pool = pool
        self._dsn = dsn
        self._handler = handler
        self._together = together
        self._at_once = at_once if together else 1
        self._counted_at = -math.inf
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
                seconds = await self._start_lanes(locks, speaking, stop)
                await until_any(seconds, stop, self._awake)
            if self._lanes:
                await asyncio.gather(*self._lanes.values(), return_exceptions=True)
        finally:
            self.ready.clear()
            for task in self._lanes.values():
                task.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            self._lanes.clear()
            await locks.close(timeout=5)

    async def _start_lanes(
        self, locks: PlainConnection, speaking: asyncio.Lock, stop: asyncio.Event
    ) -> float:
        """Answers after how many seconds to look again, if nobody wakes us."""
        for lane in [lane for lane, task in self._lanes.items() if task.done()]:
            error = self._lanes.pop(lane).exception()
            if error is not None:
                raise error
        await self._count()
        again = _LOOK_SECONDS
        for row in await self._pool.fetch(_LANES, self._queue):
            lane = row["lane"]
            if row["seconds"] > 0:
                again = min(again, row["seconds"])
                break
            if lane in self._lanes:
                continue
            if len(self._lanes) >= self._max_lanes or not self._admitted(lane):
                again = _POLL_SECONDS
                continue
            key = f"{self._queue}/{lane}"
            async with speaking:
                mine = await locks.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 2))", key)
            if mine:
                self._lanes[lane] = asyncio.create_task(self._work(lane, key, locks, speaking, stop))
            else:
                again = _POLL_SECONDS
        return again

    async def _count(self) -> None:
        now = time.monotonic()
        if now - self._counted_at >= _COUNT_SECONDS:
            self._counted_at = now
            waiting = await self._pool.fetchval(
                "SELECT count(*) FROM jobs WHERE queue = $1 AND state = 'queued'", self._queue
            )
            metrics.gauge("jobs_waiting").labels(self._queue).set(waiting)

    def _admitted(self, lane: str) -> bool:
        return self._admits is None or self._admits(lane)

    async def _work(
        self, lane: str, key: str, locks: PlainConnection, speaking: asyncio.Lock, stop: asyncio.Event
    ) -> None:
        try:
            # Asked before every job: a lane that turned out to be another's is kept from its owner by our lock.
            while not stop.is_set() and not locks.is_closed() and self._admitted(lane):
                taken = await self._take(lane)
                if not taken:
                    return
                await self._do_all(taken, stop)
        finally:
            # Another look at once: work may have come while this lane was closing.
            self._awake.set()
            if not locks.is_closed():
                async with speaking:
                    await locks.execute("SELECT pg_advisory_unlock(hashtextextended($1, 2))", key)

    async def _take(self, lane: str) -> list[Job]:
        rows = await self._pool.fetch(_TAKE, self._queue, lane, self._at_once)
        rows.sort(key=lambda row: (not row["urgent"], row["due_at"], row["job_id"]))
        return [
            Job(**{name: row[name] for name in _TAKEN} | {"payload": row["payload"] or b""}) for row in rows
        ]

    async def _do_all(self, taken: Sequence[Job], stop: asyncio.Event) -> None:
        if self._together is not None and await self._done_together(taken):
            return
        for job in taken:
            if stop.is_set() or not self._admitted(job.lane):
                return
            await self._do(job)

    async def _done_together(self, taken: Sequence[Job]) -> bool:
        """False when they must be done singly, where each says its own trouble."""
        assert self._together is not None
        started = time.perf_counter()
        trace.current.set(trace.child(taken[0].traceparent))
        try:
            await self._together(taken)
        except postgres.OUTAGES:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the single tries will say it
            log.get().info(
                "jobs_done_singly",
                queue=self._queue,
                lane=taken[0].lane,
                count=len(taken),
                error_type=type(error).__name__,
            )
            for job in taken:
                job.is_finished = False
            return False
        open_still = [job for job in taken if not job.is_finished]
        if open_still:
            await _close(self._pool, open_still, "done", None)
        metrics.counter("jobs_finished_total").labels(self._queue, "done").inc(len(taken))
        for _ in taken:
            metrics.histogram("job_seconds").labels(self._queue).observe(
                (time.perf_counter() - started) / len(taken)
            )
        return True

    async def _do(self, job: Job) -> None:
        trace.current.set(trace.child(job.traceparent))
        started = time.perf_counter()
        result = "done"
        try:
            await self._handler(job)
            if not job.is_finished:
                await _close(self._pool, [job], "done", None)
        except AgainLater as later:
            result = "again"
            await self._postpone(job, str(later), later.seconds, counts=later.failed)
        except GiveUp as failed:
            result = "failed"
            log.get().error(
                "job_failed", queue=job.queue, lane=job.lane, job_id=str(job.job_id), reason=str(failed)
            )
            await _close(self._pool, [job], "failed", str(failed))
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
