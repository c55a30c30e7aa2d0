"""Lanes of jobs on real PostgreSQL: one at a time within a lane, lanes beside each other, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from backbone import jobs, postgres
from backbone.backoff import AgainLater
from backbone.jobs import Job, Worker
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from tests.support.infrastructure import Servers
from tests.support.patience import SECONDS as PATIENCE

TENANT = UUID("00000000-0000-7000-8000-0000000000aa")
pytestmark = pytest.mark.anyio
Handler = Callable[[Job], Awaitable[None]]


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database()


class Hall:
    """A pool and workers of one queue; every test has a queue of its own."""

    def __init__(self, database: Database, pool: Pool, queue: str) -> None:
        self.database, self.pool, self.queue = database, pool, queue
        self.stop = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def worker(
        self,
        handler: Handler,
        admits: Callable[[str], bool] | None = None,
        together: jobs.JobsHandler | None = None,
        at_once: int = 1,
    ) -> Worker:
        worker = Worker(
            queue=self.queue,
            pool=self.pool,
            dsn=self.database.worker_dsn,
            handler=handler,
            together=together,
            at_once=at_once,
            max_lanes=8,
            admits=admits,
        )
        self.tasks.append(asyncio.create_task(worker.run(self.stop)))
        return worker

    async def add(self, lane: str, *keys: str, urgent: bool = False) -> list[bool]:
        async with postgres.transaction(self.pool) as connection:
            return [
                await jobs.enqueue(
                    connection,
                    queue=self.queue,
                    lane=lane,
                    dedupe_key=key,
                    tenant_id=TENANT,
                    payload=key.encode(),
                    urgent=urgent,
                )
                for key in keys
            ]

    async def states(self) -> dict[str, str]:
        rows = await self.pool.fetch("SELECT dedupe_key, state FROM jobs WHERE queue = $1", self.queue)
        return {row["dedupe_key"]: row["state"] for row in rows}

    async def until(
        self, check: Callable[[dict[str, str]], bool], seconds: float = PATIENCE
    ) -> dict[str, str]:
        async with asyncio.timeout(seconds):
            while not check(found := await self.states()):
                await asyncio.sleep(0.02)
        return found


@asynccontextmanager
async def hall(database: Database, queue: str) -> AsyncIterator[Hall]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=12)
    made = Hall(database, pool, queue)
    try:
        yield made
    finally:
        made.stop.set()
        await asyncio.gather(*made.tasks, return_exceptions=True)
        await pool.close()


async def test_who_finds_a_lane_to_be_anothers_leaves_it_at_once(database: Database) -> None:
    async with hall(database, "anothers") as made:
        tried = asyncio.Event()

        async def anothers(job: Job) -> None:
            tried.set()
            raise AgainLater("owned by another process", 0.0)

        async def ours(job: Job) -> None:
            pass

        await made.add("lane", "1", "2")
        made.worker(anothers, admits=lambda _: not tried.is_set())
        await asyncio.wait_for(tried.wait(), PATIENCE)
        made.worker(ours)
        await made.until(finished)


def finished(states: dict[str, str]) -> bool:
    return bool(states) and "queued" not in states.values()


async def test_a_lane_is_served_in_order_by_one_of_several_workers(database: Database) -> None:
    async with hall(database, "order") as h:
        done: dict[str, list[str]] = {}
        busy: dict[str, int] = {}

        async def work(job: Job) -> None:
            busy[job.lane] = busy.get(job.lane, 0) + 1
            assert busy[job.lane] == 1, "two at once in a lane"
            await asyncio.sleep(0.002)
            done.setdefault(job.lane, []).append(job.payload.decode())
            busy[job.lane] -= 1

        for lane in ("a", "b", "c"):
            await h.add(lane, *(f"{lane}{n:02}" for n in range(20)))
        for _ in range(3):
            h.worker(work)
        await h.until(finished)
        assert {lane: sorted(keys) for lane, keys in done.items()} == done
        assert sum(map(len, done.values())) == 60


async def test_what_is_urgent_goes_first_in_its_lane(database: Database) -> None:
    done: list[str] = []

    async def record(job: Job) -> None:
        done.append(job.payload.decode())

    async with hall(database, "urgent") as made:
        await made.add("lane", "plain", "plain too")
        await made.add("lane", "urgent", urgent=True)
        made.worker(record)
        await made.until(finished)
    assert done == ["urgent", "plain", "plain too"]


async def test_a_sick_lane_does_not_stop_another(database: Database) -> None:
    async with hall(database, "sick") as h:
        release = asyncio.Event()

        async def work(job: Job) -> None:
            if job.lane == "sick":
                await release.wait()

        await h.add("sick", "s1", "s2")
        await h.add("well", "w1", "w2", "w3")
        h.worker(work)
        states = await h.until(lambda s: all(s[k] == "done" for k in ("w1", "w2", "w3")))
        assert states["s1"] == states["s2"] == "queued"
        release.set()
        await h.until(finished)


async def test_the_same_key_is_one_job(database: Database) -> None:
    async with hall(database, "keys") as h:
        assert await h.add("a", "k", "k") == [True, False]


async def test_again_later_give_up_and_errors(database: Database) -> None:
    async with hall(database, "again") as h:
        tries: dict[str, int] = {}

        async def work(job: Job) -> None:
            key = job.payload.decode()
            tries[key] = tries.get(key, 0) + 1
            if key == "later" and tries[key] < 3:
                raise AgainLater("folder is full", seconds=0.05)
            if key == "never":
                raise jobs.GiveUp("cannot be done")
            if key == "error" and tries[key] == 1:
                raise ValueError("once")

        await h.add("a", "later", "never", "error", "fine")
        worker = h.worker(work)
        states = await h.until(finished)
        worker.wake()
        assert states == {"later": "done", "never": "failed", "error": "done", "fine": "done"}
        assert tries["later"] == 3 and tries["error"] == 2
        reason = await h.pool.fetchval("SELECT last_error FROM jobs WHERE dedupe_key = 'never'")
        assert reason == "cannot be done"


async def test_a_job_in_hand_is_finished_before_the_stop(database: Database) -> None:
    async with hall(database, "stop") as h:
        begun = asyncio.Event()

        async def work(job: Job) -> None:
            begun.set()
            await asyncio.sleep(0.3)

        await h.add("a", "one", "two")
        h.worker(work)
        await asyncio.wait_for(begun.wait(), PATIENCE)
        h.stop.set()
        await asyncio.gather(*h.tasks)
        assert await h.states() == {"one": "done", "two": "queued"}


async def test_a_job_that_its_handler_finished_is_not_closed_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hall(database, "once") as h:
        closed: list[str] = []
        close = jobs._close

        async def counting(
            connection: Connection | Pool, done: Sequence[Job], state: str, error: str | None
        ) -> None:
            closed.extend(job.dedupe_key for job in done)
            await close(connection, done, state, error)

        async def work(job: Job) -> None:
            if job.dedupe_key == "plain":
                return
            async with postgres.transaction(h.pool) as connection:
                await jobs.finish(connection, job)
                if job.dedupe_key == "rolled back" and job.tries == 1:
                    raise ValueError("after it was marked")

        monkeypatch.setattr(jobs, "_close", counting)
        await h.add("a", "plain", "own", "rolled back")
        h.worker(work)
        assert await h.until(finished) == dict.fromkeys(("plain", "own", "rolled back"), "done")
        assert sorted(closed) == ["own", "plain", "rolled back", "rolled back"]


async def test_what_waits_in_a_lane_is_done_together_in_its_order(database: Database) -> None:
    taken: list[list[str]] = []

    async def together(done: Sequence[Job]) -> None:
        taken.append([job.dedupe_key for job in done])
        async with postgres.transaction(h.pool) as connection:
            await jobs.finish_all(connection, done[:-1])

    async def alone(job: Job) -> None:
        taken.append([job.dedupe_key])

    async with hall(database, "together") as h:
        await h.add("a", *(f"k{n}" for n in range(6)))
        await h.add("a", "urgent", urgent=True)
        h.worker(alone, together=together, at_once=4)
        await h.until(finished)
    assert taken == [["urgent", "k0", "k1", "k2"], ["k3", "k4", "k5"]]


async def test_one_that_cannot_be_done_together_leaves_the_others_done(database: Database) -> None:
    alone: list[str] = []

    async def together(done: Sequence[Job]) -> None:
        async with postgres.transaction(h.pool) as connection:
            await jobs.finish_all(connection, done)
            raise ValueError("one of them")

    async def singly(job: Job) -> None:
        alone.append(job.dedupe_key)
        if job.dedupe_key == "bad":
            raise jobs.GiveUp("cannot be done")

    async with hall(database, "singly") as h:
        await h.add("a", "one", "bad", "two")
        h.worker(singly, together=together, at_once=10)
        assert await h.until(finished) == {"one": "done", "bad": "failed", "two": "done"}
    assert alone == ["one", "bad", "two"]


async def test_lanes_are_found_however_many_wait_in_each(database: Database) -> None:
    async with hall(database, "leaps") as h:
        for lane in ("a", "b", "z"):
            await h.add(lane, *(f"{lane}{n}" for n in range(40)))
        await h.pool.execute(
            "UPDATE jobs SET due_at = now() + interval '1 hour' WHERE queue = 'leaps' AND lane = 'b'"
        )
        found = await h.pool.fetch(jobs._LANES, "leaps")
        assert [row["lane"] for row in found if row["seconds"] <= 0] == ["a", "z"]
        await h.pool.execute("SET enable_seqscan = off")
        plan = await h.pool.fetch(f"EXPLAIN {jobs._LANES.replace('$1', chr(39) + 'leaps' + chr(39))}")
        assert not [row for row in plan if "Seq Scan on jobs" in row[0]]


async def test_a_worker_that_lost_its_database_connection_leaves_the_job_to_another(
    database: Database, servers: Servers
) -> None:
    async with hall(database, "lost") as h:
        begun = asyncio.Event()

        async def endless(job: Job) -> None:
            begun.set()
            await asyncio.Event().wait()

        first = h.worker(endless)
        await h.add("a", "one")
        first.wake()
        await asyncio.wait_for(begun.wait(), PATIENCE)
        h.tasks[0].cancel()
        await asyncio.gather(h.tasks[0], return_exceptions=True)

        async def quick(job: Job) -> None:
            assert job.tries == 2

        h.worker(quick)
        await h.until(finished)
