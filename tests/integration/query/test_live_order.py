"""Whoever follows the changes by their number misses none and meets none twice, however transactions commit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backbone import postgres
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from contracts.events import Event
from services.query import changes
from services.query.projections import VIEWS
from tests.support.life import Life
from tests.support.receipts_bench import received

pytestmark = pytest.mark.anyio


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[Pool]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=12)
    await pool.execute("TRUNCATE documents, changes, changes_swept")
    yield pool
    await pool.close()


@pytest.fixture
async def app(database: Database) -> AsyncIterator[Pool]:
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=4)
    yield pool
    await pool.close()


def just_begun(tenant_id: UUID, ago: timedelta = timedelta(hours=1)) -> Life:
    return Life(tenant_id, begin=datetime.now(UTC) - ago)


async def apply_in(connection: Connection, events: Sequence[Event]) -> None:
    batch = [received(event, tenant_id=event.model_dump()["tenant_id"]) for event in events]
    await VIEWS["documents"].apply(connection, batch)


async def apply(pool: Pool, events: Sequence[Event]) -> None:
    async with postgres.transaction(pool) as connection:
        await apply_in(connection, events)


async def told(pool: Pool, tenant_id: UUID, position: int = 0) -> list[changes.Change]:
    """Everything behind the position, page by page."""
    found: list[changes.Change] = []
    while True:
        page = await changes.after(pool, tenant_id, found[-1].seq if found else position)
        found += page.changes
        if not page.full:
            return found


def versions(found: Sequence[changes.Change]) -> list[tuple[UUID, int]]:
    return [(each.told["id"], each.told["version"]) for each in found]


async def test_the_later_transaction_cannot_commit_before_the_earlier_number(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    slow, quick = just_begun(tenant_id), just_begun(tenant_id)
    async with worker.acquire() as first:
        transaction = first.transaction()
        await transaction.start()
        await apply_in(first, [slow.saved(1)])
        second = asyncio.create_task(apply(worker, [quick.saved(1)]))
        done, _ = await asyncio.wait({second}, timeout=0.5)
        # Had it committed, a reader would now go on behind its number and never meet the smaller one.
        assert not done
        assert await told(app, tenant_id) == []
        await transaction.commit()
    await second
    found = await told(app, tenant_id)
    assert versions(found) == [(slow.document_id, 1), (quick.document_id, 1)]
    assert await told(app, tenant_id, found[0].seq) == found[1:]


async def test_what_is_rolled_back_is_not_told(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    life = just_begun(tenant_id)
    async with worker.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await apply_in(connection, [life.saved(1)])
        await transaction.rollback()
    assert await told(app, tenant_id) == []
    await apply(worker, [life.saved(1)])
    assert versions(await told(app, tenant_id)) == [(life.document_id, 1)]


@pytest.mark.parametrize("seed", range(3))
async def test_readers_beside_many_writers_meet_everything_once(worker: Pool, app: Pool, seed: int) -> None:
    tenant_id = uuid4()
    chance = random.Random(seed)
    committed: list[tuple[UUID, int]] = []
    writing = True

    async def writer() -> None:
        for _ in range(12):
            life, fails = just_begun(tenant_id), chance.random() < 0.2
            async with worker.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                await apply_in(connection, life.whole()[:2])
                await asyncio.sleep(chance.random() / 100)
                if fails:
                    await transaction.rollback()
                    continue
                await transaction.commit()
            committed.extend([(life.document_id, 1), (life.document_id, 2)])

    async def reader() -> list[changes.Change]:
        found: list[changes.Change] = []
        while True:
            last = not writing
            found += await told(app, tenant_id, found[-1].seq if found else 0)
            if last:
                return found

    readers = [asyncio.create_task(reader()) for _ in range(3)]
    await asyncio.gather(*(writer() for _ in range(8)))
    writing = False
    assert committed
    for each in readers:
        found = await each
        assert len(found) == len(committed)
        assert set(versions(found)) == set(committed)
        assert [one.seq for one in found] == sorted({one.seq for one in found})


async def test_a_change_says_what_moved(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    life = just_begun(tenant_id)
    events = life.whole()
    await apply(worker, events[:3])
    await apply(worker, events[3:])
    found = await told(app, tenant_id)
    assert [each.told["version"] for each in found] == list(range(1, 8))
    assert [each.told["moved"] for each in found] == [True, False, True, False, True, True, True]
    assert found[-1].told == {
        "id": life.document_id,
        "kind": "inventory",
        "version": 7,
        "state": "deducted",
        "state_label": "已核扣",
        "moved": True,
        "internal_no": "SAMPLE-1",
        "customs_no": None,
        "at": life.begin + timedelta(minutes=7),
    }


async def test_repeated_and_overtaken_events_are_not_told(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    life = just_begun(tenant_id)
    events = life.whole()
    await apply(worker, [events[0], events[0], events[4]])
    await apply(worker, events[:4])
    assert versions(await told(app, tenant_id)) == [(life.document_id, 1), (life.document_id, 5)]


async def test_building_the_list_again_tells_only_what_is_new(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    lives = [just_begun(tenant_id) for _ in range(5)]
    old = Life(tenant_id, begin=datetime.now(UTC) - timedelta(days=30))
    events = [event for life in lives for event in life.whole()[:6]]
    await apply(worker, [*old.whole(), *events])
    before = await told(app, tenant_id)
    assert len(before) == len(events)
    await worker.execute("TRUNCATE documents")
    for event in [*old.whole(), *(event for life in lives for event in life.whole())]:
        await apply(worker, [event])
    after = await told(app, tenant_id)
    assert after[: len(before)] == before
    assert versions(after[len(before) :]) == [(life.document_id, 7) for life in lives]
    assert await worker.fetchval("SELECT count(*) FROM documents WHERE tenant_id = $1", tenant_id) == 6


async def test_old_changes_are_swept_and_whoever_needed_them_is_told(worker: Pool, app: Pool) -> None:
    tenant_id, other = uuid4(), uuid4()
    aging, fresh = just_begun(tenant_id, timedelta(hours=3)), just_begun(tenant_id, timedelta(minutes=20))
    await apply(worker, [*aging.whole(), *fresh.whole(), *just_begun(other, timedelta(minutes=20)).whole()])
    everything = await told(app, tenant_id)
    await changes.sweep(worker, kept=timedelta(hours=2))
    left = await told(app, tenant_id)
    assert left == everything[7:]
    assert (await changes.after(app, tenant_id, everything[5].seq)).lost
    assert not (await changes.after(app, tenant_id, everything[6].seq)).lost
    assert not (await changes.after(app, other, 0)).lost
    await worker.execute("TRUNCATE documents")
    await apply(worker, [*aging.whole(), *fresh.whole()])
    assert await told(app, tenant_id) == left, "what was swept is not told a second time"
    await changes.sweep(worker, kept=timedelta(0))
    assert await told(app, tenant_id) == []
    assert await changes.newest(app, tenant_id) == everything[-1].seq


async def test_of_a_tenant_only_so_many_are_kept(worker: Pool, app: Pool) -> None:
    noisy, calm = uuid4(), uuid4()
    lives = [just_begun(noisy, timedelta(minutes=200 - 10 * n)) for n in range(10)]
    await apply(worker, [*just_begun(calm).whole(), *(event for life in lives for event in life.whole())])
    await changes.sweep(worker, most=21)
    assert versions(await told(app, noisy)) == [
        (life.document_id, n) for life in lives[7:] for n in range(1, 8)
    ]
    assert len(await told(app, calm)) == 7


async def test_nobody_reads_the_changes_of_another_tenant(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    await apply(worker, just_begun(tenant_id).whole())
    assert await told(app, uuid4()) == []
    assert await app.fetchval("SELECT count(*) FROM changes") == 0
