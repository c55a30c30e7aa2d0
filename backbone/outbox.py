"""Transactional outbox: events are committed with their cause, published after, at least once and in order per key.

`events` keeps every event for ever; `outbox` queues what is not yet published. One relay of a service publishes (an
advisory lock elects it), the others stand by.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from backbone import cloudevents, compress, kafka, log, metrics, postgres, trace
from backbone.ids import new_id
from backbone.pauses import pause, until_any
from backbone.postgres import Connection, PlainConnection, Pool
from contracts.events import Event

RELAY_LOCK = 7_206_117
_CHANNEL = "outbox"
_BATCH_EVENTS = 1_000
_BATCH_BYTES = 8 * 1024 * 1024
_POLL_SECONDS = 1.0
_IDLE_POLL_SECONDS = 5.0
_IDLE_AFTER_SECONDS = 30.0
_PUBLISHED_SECONDS = 60.0


@dataclass(frozen=True)
class Row:
    """An event in the form the tables keep it; `append_sql` takes lists of its fields."""

    event_id: UUID
    tenant_id: UUID
    type: str
    key: str
    traceparent: str | None
    compressed: bool
    body: bytes


def row(event: Event, *, tenant_id: UUID) -> Row:
    body = text_of(event)
    compressed = len(body) > kafka.limits().compress_above_bytes
    return Row(
        event_id=new_id(),
        tenant_id=tenant_id,
        type=type(event).type,
        key=event.key,
        traceparent=trace.child(trace.current.get()),
        compressed=compressed,
        body=compress.pack(body) if compressed else body,
    )


def text_of(event: Event) -> bytes:
    """The event as JSON, without what is None. Whole documents go through orjson, many times faster than through the model."""
    whole = {name: value for name, value in event if type(value) is dict}
    rest = event.model_dump_json(exclude_none=True, exclude=set(whole)).encode()
    return rest[:-1] + b"," + orjson.dumps(whole)[1:] if whole else rest


_APPEND = """
WITH kept AS (
  INSERT INTO events (event_id, tenant_id, type, key, traceparent, compressed, body)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bytea[])
  RETURNING seq, recorded_at, length(body) AS bytes
)
INSERT INTO outbox (seq, recorded_at, bytes) SELECT seq, recorded_at, bytes FROM kept
"""


async def append(connection: Connection, events: Sequence[Event], *, tenant_id: UUID) -> list[UUID]:
    """Add events to the caller's transaction. Call `Waker.wake` after the commit. Answers the event ids."""
    rows = [row(event, tenant_id=tenant_id) for event in events]
    await append_rows(connection, rows)
    return [r.event_id for r in rows]


async def append_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """As `append`, for events of several causes and tenants: `row` takes the trace that is current when it is called."""
    if rows:
        await connection.execute(
            _APPEND,
            [r.event_id for r in rows],
            [r.tenant_id for r in rows],
            [r.type for r in rows],
            [r.key for r in rows],
            [r.traceparent for r in rows],
            [r.compressed for r in rows],
            [r.body for r in rows],
        )


class Waker:
    """Tells the relay that something was committed: at once when it runs in this process, else by a notification, which
    many calls share."""

    name = "outbox-waker"

    def __init__(self, pool: Pool, channel: str = _CHANNEL) -> None:
        self._pool = pool
        self._channel = channel
        self._event = asyncio.Event()
        self._relay: asyncio.Event | None = None
        self.ready = asyncio.Event()

    def wake(self) -> None:
        (self._relay or self._event).set()

    @contextmanager
    def here(self, relay: asyncio.Event) -> Iterator[None]:
        """While the relay of the service runs in this process, its event is what is set."""
        self._relay = relay
        try:
            yield
        finally:
            self._relay = None
            self._event.set()

    async def run(self, stop: asyncio.Event) -> None:
        self.ready.set()
        while not stop.is_set():
            await self._event.wait()
            self._event.clear()
            try:
                await self._pool.execute("SELECT pg_notify($1, '')", self._channel)
            except postgres.OUTAGES:
                log.get().warning("outbox_notify_failed")  # the relay polls anyway
            await asyncio.sleep(0.002)


class Relay:
    """Moves the outbox of one service to its topic."""

    name = "outbox-relay"

    def __init__(self, worker_dsn: str, bootstrap: str, service: str, waker: Waker | None = None) -> None:
        self._dsn = worker_dsn
        self._waker = waker
        self._bootstrap = bootstrap
        self._service = service
        self._topic = kafka.topic_of(service).name
        self._awake = asyncio.Event()
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, then once more so that nothing committed waits for the next start. Raises on outages."""
        connection = await postgres.connect(self._dsn, name=f"{self._service}-relay")
        try:
            await connection.add_listener(_CHANNEL, lambda *_: self._awake.set())
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):
                self.ready.set()
                if await pause(stop, _POLL_SECONDS):
                    return
            # What a crash of PostgreSQL brings back into the queue is published twice; readers drop what they know.
            await connection.execute("SET synchronous_commit = off")
            producer = await kafka.start_producer(self._bootstrap, name=f"{self._service}-relay")
            try:
                self.ready.set()
                with self._waker.here(self._awake) if self._waker else nullcontext():
                    await self._publish_all(connection, producer, stop)
            finally:
                await kafka.close(producer, self.name)
        finally:
            self.ready.clear()
            await connection.close(timeout=5)

    async def _publish_all(
        self, connection: PlainConnection, producer: AIOKafkaProducer, stop: asyncio.Event
    ) -> None:
        waiting = metrics.gauge("outbox_waiting")
        published_at = time.monotonic()
        while True:
            self._awake.clear()
            while await self._publish_batch(connection, producer):
                published_at = time.monotonic()
            waiting.set(0)
            if stop.is_set():
                return
            idle = time.monotonic() - published_at > _IDLE_AFTER_SECONDS
            await until_any(_IDLE_POLL_SECONDS if idle else _POLL_SECONDS, stop, self._awake)

    async def _publish_batch(self, connection: PlainConnection, producer: AIOKafkaProducer) -> int:
        async with connection.transaction():
            rows = await connection.fetch(_TAKE, _BATCH_EVENTS, _BATCH_BYTES)
            if not rows:
                return 0
            metrics.gauge("outbox_waiting").set(len(rows))
            rows.sort(key=lambda r: r["seq"])
            await publish(producer, self._topic, self._service, rows)
        return len(rows)


# A batch is bounded by count and by bytes; its first event always goes, however large.
_TAKE = """
WITH head AS (
  SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before
  FROM (SELECT seq, bytes FROM outbox ORDER BY seq LIMIT $1) AS first
), taken AS (
  DELETE FROM outbox WHERE seq IN (SELECT seq FROM head WHERE before <= $2) RETURNING seq, recorded_at
)
SELECT e.* FROM taken JOIN events AS e USING (recorded_at, seq)
"""


async def publish(
    producer: AIOKafkaProducer, topic: str, service: str, rows: Sequence[postgres.Record]
) -> None:
    """Send rows of `events` in the given order and wait for every acknowledgement. Raises KafkaError or TimeoutError."""
    sent = []
    for r in rows:
        recorded_at: datetime = r["recorded_at"]
        sent.append(
            await producer.send(
                topic,
                key=r["key"].encode(),
                value=r["body"],
                headers=cloudevents.headers(
                    event_id=r["event_id"],
                    source=service,
                    type=r["type"],
                    time=recorded_at,
                    subject=r["key"],
                    tenant_id=r["tenant_id"],
                    traceparent=r["traceparent"],
                    compressed=r["compressed"],
                ),
            )
        )
    # aiokafka gives up a batch by itself, unless its own tasks are broken.
    async with asyncio.timeout(_PUBLISHED_SECONDS):
        results = await asyncio.gather(*sent, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    for r in rows:
        metrics.counter("events_published_total").labels(r["type"]).inc()


async def refill(worker_dsn: str, bootstrap: str, service: str) -> int:
    """Publish every kept event of a service again, oldest first, after Kafka was lost. Answers the count.

    Readers dedupe, so a refill on top of what is still there changes nothing.
    """
    connection = await postgres.connect(worker_dsn, name=f"{service}-refill")
    producer = await kafka.start_producer(bootstrap, name=f"{service}-refill")
    count = 0
    try:
        async with connection.transaction(readonly=True):
            batch: list[postgres.Record] = []
            size = 0
            async for r in connection.cursor("SELECT * FROM events ORDER BY recorded_at, seq", prefetch=200):
                batch.append(r)
                size += len(r["body"])
                if len(batch) >= _BATCH_EVENTS or size >= _BATCH_BYTES:
                    await publish(producer, kafka.topic_of(service).name, service, batch)
                    count += len(batch)
                    batch, size = [], 0
            await publish(producer, kafka.topic_of(service).name, service, batch)
            count += len(batch)
    finally:
        await kafka.close(producer, "refill")
        await connection.close()
    return count


OUTAGES = (*postgres.OUTAGES, KafkaError)
