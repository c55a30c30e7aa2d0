"""One stream by hand: what a client is told while nothing concerns it, and that one that reads nothing is dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from starlette.types import Message

from backbone import postgres
from backbone.auth import Grant, Principal
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.permissions import DOCUMENT_READ
from services.query import live_stream
from services.query.live import Live
from services.query.live_stream import EventStream
from services.query.projections import VIEWS
from tests.support.life import Life
from tests.support.patience import SECONDS as PATIENCE
from tests.support.receipts_bench import received

pytestmark = pytest.mark.anyio
Send = Callable[[Message], Awaitable[None]]


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[Pool]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=3)
    yield pool
    await pool.close()


@pytest.fixture
async def live(database: Database, worker: Pool) -> AsyncIterator[Live]:
    app = await postgres.create_pool(database.app_dsn, name="test", max_size=3)
    made, stop = Live(app, worker, database.worker_dsn), asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    await made.ready.wait()
    yield made
    stop.set()
    await running
    await app.close()


async def tell(worker: Pool, tenant_id: UUID, count: int = 1) -> None:
    """New documents, each saved once."""
    lives = [Life(tenant_id, begin=datetime.now(UTC) - timedelta(hours=1)) for _ in range(count)]
    async with postgres.transaction(worker) as connection:
        batch = [received(life.saved(1), tenant_id=tenant_id) for life in lives]
        await VIEWS["documents"].apply(connection, batch)


def stream(live: Live, tenant_id: UUID, *, firms: frozenset[UUID] | None = None) -> EventStream:
    grant = Grant(permissions=frozenset({DOCUMENT_READ}), enterprises=firms)
    caller = Principal("user-1", "示例录入员", tenant_id, (grant,), time.time() + 600)
    return EventStream(live, caller, None, None)


@asynccontextmanager
async def serving(response: EventStream, send: Send) -> AsyncIterator[asyncio.Task[None]]:
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    running = asyncio.create_task(response({"type": "http"}, receive, send))
    yield running
    gone.set()
    await asyncio.wait_for(running, PATIENCE)


async def test_silence_is_filled_and_the_position_moves_on(
    live: Live, worker: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "_HEARTBEAT_SECONDS", 0.3)
    tenant_id = uuid4()
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    # Every change wakes the stream, none concerns it: the comments must come all the same.
    async with serving(stream(live, tenant_id, firms=frozenset({uuid4()})), send):
        async with asyncio.timeout(PATIENCE):
            while sum(body.startswith(b": \nid: ") for body in sent) < 2:
                await tell(worker, tenant_id)
                await asyncio.sleep(0.05)
    newest = await worker.fetchval("SELECT max(seq) FROM changes WHERE tenant_id = $1", tenant_id)
    await tell(worker, tenant_id)
    told = b"".join(sent)
    assert b"event: change" not in told
    assert all(int(line[4:]) <= newest for line in told.splitlines() if line.startswith(b"id: "))


async def test_a_client_that_reads_nothing_is_dropped(
    live: Live, worker: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "_SLOW_SECONDS", 0.2)
    tenant_id = uuid4()
    stuck = asyncio.Event()

    async def send(message: Message) -> None:
        if b"event: change" in message.get("body", b""):
            stuck.set()
            await asyncio.Event().wait()

    async with serving(stream(live, tenant_id), send) as running:
        await asyncio.sleep(0.1)
        await tell(worker, tenant_id, 10)
        await asyncio.wait_for(stuck.wait(), PATIENCE)
        await asyncio.wait_for(asyncio.shield(running), PATIENCE)
    assert not live._feeds.get(tenant_id)


async def test_a_client_far_behind_gets_everything(live: Live, worker: Pool) -> None:
    """More than the feed remembers, while the client reads nothing."""
    tenant_id = uuid4()
    reading, sent = asyncio.Event(), bytearray()

    async def send(message: Message) -> None:
        if b"event: change" in message.get("body", b""):
            await reading.wait()
        sent.extend(message.get("body", b""))

    async with serving(stream(live, tenant_id), send):
        await asyncio.sleep(0.1)
        for _ in range(13):
            await tell(worker, tenant_id, 200)
        await asyncio.sleep(0.3)
        reading.set()
        async with asyncio.timeout(PATIENCE):
            while sent.count(b"event: change") < 2_600:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
    assert sent.count(b"event: change") == 2_600
    ids = [int(line[4:]) for line in bytes(sent).splitlines() if line.startswith(b"id: ")]
    assert ids == sorted(ids)
