"""Draining an outbox to Kafka, beside a bare producer with the same bodies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import uvloop

from backbone import kafka, outbox, postgres
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.outbox import Relay
from backbone.postgres import Pool
from bench.measuring import Round, compared, take_turns
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from contracts.events.entry import Actor, DocumentSaved
from customs.documents.inventory import INVENTORY
from tests.support.documents import inventory

ABOUT = "outbox to Kafka"
_SERVICE = "entry"
T = TypeVar("T")
_EVENTS = {1: 5_000, 50: 5_000, 1_000: 1_000}


def run(on: Surroundings) -> list[Table]:
    servers = on.servers
    rows = []
    for lines in (1,) if on.quick else _EVENTS:
        rows.append(uvloop.run(_compare(on, servers.database(), servers.bootstrap, lines)))
    note = "floor: the same keys and bodies by a bare aiokafka producer of the same settings; latencies are whole drains"
    return [Table("relay: events a second", note, rows)]


async def _compare(on: Surroundings, database: Database, bootstrap: str, lines: int) -> Row:
    count = 500 if on.quick else _EVENTS[lines]
    events = [saved(lines) for _ in range(count)]
    rows = [outbox.row(event, tenant_id=event.tenant_id) for event in events]
    async with AsyncExitStack() as stack:
        pool = await postgres.create_pool(database.worker_dsn, name="bench")
        stack.push_async_callback(pool.close)
        producer = await kafka.start_producer(bootstrap, name="bench")
        stack.push_async_callback(producer.stop)
        stop = asyncio.Event()
        relay = Relay(database.worker_dsn, bootstrap, _SERVICE)
        running = asyncio.create_task(relay.run(stop))
        await relay.ready.wait()

        async def ours() -> Round:
            return await _drained(pool, events)

        async def floor() -> Round:
            started = time.perf_counter()
            topic = kafka.topic_of(_SERVICE).name
            for batch in _batches(rows, 1_000):
                sent = [await producer.send(topic, key=row.key.encode(), value=row.body) for row in batch]
                await asyncio.gather(*sent)
            return _round(count, started)

        rounds = await take_turns({"ours": ours, "floor": floor}, on.rounds)
        stop.set()
        await running
    return compared(f"{lines:,} lines", rounds["ours"], rounds["floor"], bytes=float(len(rows[0].body)))


async def _drained(pool: Pool, events: list[DocumentSaved]) -> Round:
    """Commit the events, then look until the outbox is empty."""
    async with postgres.transaction(pool) as connection:
        for batch in _batches(events, 500):
            await outbox.append(connection, batch, tenant_id=batch[0].tenant_id)
        await connection.execute("SELECT pg_notify('outbox', '')")
    started = time.perf_counter()
    while await pool.fetchval("SELECT EXISTS (SELECT FROM outbox)"):  # noqa: ASYNC110 - the relay is asked from outside
        await asyncio.sleep(0.005)
    return _round(len(events), started)


def _round(count: int, started: float) -> Round:
    seconds = time.perf_counter() - started
    return Round(count, seconds, [seconds])


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def saved(lines: int, *, version: int = 1) -> DocumentSaved:
    """A document of this size as entry tells it."""
    now = datetime.now(UTC)
    document_id = new_id()
    return DocumentSaved.model_construct(
        tenant_id=uuid4(),
        document_id=document_id,
        kind=INVENTORY.name,
        enterprise_id=uuid4(),
        internal_no=str(document_id),
        version=version,
        state="draft",
        catalogue_version=INVENTORY.catalogue_version,
        document=inventory(str(document_id), lines),
        saved_by=Actor(id="bench", name="bench"),
        created_at=now,
        occurred_at=now,
    )
