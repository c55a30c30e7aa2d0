"""Kafka in: every event's effect once, whatever is repeated, reordered between partitions or interrupted.

A record's effect and its line in the inbox are one transaction; offsets are committed after it, once a second: what is
read again after a crash, the inbox knows. What one poll brings, from all partitions, shares a transaction; when it fails each
partition is taken by itself, and singly where that fails too, so that one bad record costs only itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalGenerationError, KafkaError, UnknownMemberIdError

from backbone import cloudevents, kafka, log, metrics, postgres, trace
from backbone.backoff import COMPONENT, AgainLater
from backbone.cloudevents import Received
from backbone.postgres import Connection, Pool
from backbone.supervision import Halted

Handler = Callable[[Connection, Received], Awaitable[None]]
Given = Mapping[UUID, str]
"""Events that are given up, by id, each with the reason. What else their batch did stays."""
BatchHandler = Callable[[Connection, Sequence[Received]], Awaitable[Given | None]]
AfterCommit = Callable[[], None]
if TYPE_CHECKING:
    Record: TypeAlias = ConsumerRecord[bytes, bytes]
else:
    Record = ConsumerRecord

_BATCH_RECORDS = 500
_BATCH_BYTES = 8 * 1024 * 1024
_THREAD_ABOVE_BYTES = 256 * 1024
_COMMIT_SECONDS = 1.0
_COMMITTED_SECONDS = 60.0
_TRIES = 5
_MOST_DEAD_IN_A_ROW = 20
_MOST_DEAD_OF_LATEST = 50
_LATEST = 500
_POLL_MS = 1_000
"""What comes is there at once; this bounds how long a stop, or a partition that may go on, waits."""
_BACKLOG_RECORDS = 20
_LINGER_SECONDS = 0.01
_REBALANCED = (CommitFailedError, IllegalGenerationError, UnknownMemberIdError)


class DeadLetter(Exception):
    """Never: the record goes to the dead-letter topic with this reason."""


class _Outage(AgainLater):
    """PostgreSQL is away, whatever is tried."""


class Consumer:
    """One consumer group member. `handlers` maps event types to handlers; other types are read over by their header alone.

    `batch` may be given instead, and the types it `handles`: it gets whole batches, in order by partition, and knows by its own
    tables what was told before. Lines of the inbox are kept for it only where it says that it `keeps_inbox`.
    """

    def __init__(
        self,
        *,
        group: str,
        pool: Pool,
        bootstrap: str,
        topics: Sequence[str],
        handlers: Mapping[str, Handler] | None = None,
        batch: BatchHandler | None = None,
        handles: Iterable[str] = (),
        keeps_inbox: bool = False,
        after_commit: Sequence[AfterCommit] = (),
    ) -> None:
        if (handlers is None) == (batch is None):
            raise TypeError("a consumer has either handlers or a batch handler")
        self.name = f"consumer:{group}"
        self.ready = asyncio.Event()
        self._group = group
        self._pool = pool
        self._bootstrap = bootstrap
        self._topics = list(topics)
        self._handlers = dict(handlers or {})
        self._batch = batch
        self._handles = frozenset(handles or self._handlers)
        self._keeps_inbox = keeps_inbox or handlers is not None
        self._after_commit = tuple(after_commit)
        self._dead_in_a_row = 0
        self._are_dead: deque[bool] = deque(maxlen=_LATEST)
        self._outages = 0
        self._resume_at: dict[TopicPartition, float] = {}
        self._done: dict[TopicPartition, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; the batch in hand is finished. Raises on outages of Kafka, and Halted.

        While PostgreSQL is away its records come again and again.
        """
        consumer = await kafka.start_consumer(self._bootstrap, group=self._group, names=self._topics)
        self._resume_at.clear()
        self._done.clear()
        committed_at = time.monotonic()
        try:
            self.ready.set()
            while not stop.is_set():
                self._resume(consumer)
                found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=2 * _BATCH_RECORDS)
                records = [record for partition in found.values() for record in partition]
                await self._take(consumer, records)
                if len(records) > _BACKLOG_RECORDS:
                    # While work piles up a little more of it shares the next transaction.
                    await asyncio.sleep(_LINGER_SECONDS)
                if time.monotonic() - committed_at > _COMMIT_SECONDS:
                    await self._commit(consumer)
                    committed_at = time.monotonic()
            await self._commit(consumer)
        finally:
            self.ready.clear()
            await kafka.close(consumer, self._group)

    def _resume(self, consumer: AIOKafkaConsumer) -> None:
        now = time.monotonic()
        for partition in [p for p, at in self._resume_at.items() if at <= now]:
            del self._resume_at[partition]
            if partition in consumer.assignment():
                consumer.resume(partition)

    async def _take(self, consumer: AIOKafkaConsumer, records: list[Record]) -> None:
        """All that was found, in as few transactions as the bounds allow. A partition that must wait is left where it is."""
        held: set[TopicPartition] = set()
        for batch in _bounded(records):
            by_partition = _by_partition(record for record in batch if _partition(record) not in held)
            await self._share(consumer, by_partition, held)

    async def _share(
        self,
        consumer: AIOKafkaConsumer,
        found: Mapping[TopicPartition, list[Record]],
        held: set[TopicPartition],
    ) -> None:
        """One transaction for all partitions, else one each, else one a record; adds those that wait to `held`."""
        try:
            await self._together([record for records in found.values() for record in records])
        except _Outage as outage:
            for partition, records in found.items():
                held.add(partition)
                self._pause(consumer, partition, records[0], outage)
        except (KafkaError, Halted):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the smaller tries will say it
            if len(found) > 1:
                for partition, records in found.items():
                    await self._share(consumer, {partition: records}, held)
                return
            ((partition, records),) = found.items()
            if isinstance(error, AgainLater) and len(records) == 1:
                waits = True
                self._pause(consumer, partition, records[0], error)
            else:
                waits = not await self._singly(consumer, partition, records)
            if waits:
                held.add(partition)
        else:
            for partition, records in found.items():
                self._done[partition] = records[-1].offset + 1

    async def _singly(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, batch: list[Record]
    ) -> bool:
        for record in batch:
            try:
                await self._one(record)
            except AgainLater as later:
                self._pause(consumer, partition, record, later)
                return False
            # At once, so that a dead letter is not written twice.
            self._done[partition] = record.offset + 1
            await self._commit(consumer)
        return True

    def _pause(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, record: Record, later: AgainLater
    ) -> None:
        metrics.counter("consumer_retries_total").labels(self._group).inc()
        log.get().info(
            "record_deferred",
            consumer=self._group,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=str(later),
            delay_seconds=later.seconds,
        )
        if partition not in consumer.assignment():
            return
        consumer.seek(partition, record.offset)
        consumer.pause(partition)
        self._resume_at[partition] = time.monotonic() + later.seconds

    async def _one(self, record: Record) -> None:
        tries = 0
        while True:
            try:
                await self._together([record])
                return
            except (AgainLater, Halted, KafkaError):
                raise
            except DeadLetter as dead:
                await self._bury(record, str(dead))
                return
            except Exception as error:  # noqa: BLE001 - an unforeseen error of one record must not stop the others
                tries += 1
                metrics.counter("consumer_retries_total").labels(self._group).inc()
                log.get().error(
                    "record_failed",
                    consumer=self._group,
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                    tries=tries,
                    exc_info=error,
                )
                if tries >= _TRIES:
                    await self._bury(record, f"{type(error).__name__} after {tries} tries")
                    return
                await asyncio.sleep(0.05 * 4**tries)

    async def _together(self, batch: list[Record]) -> None:
        """One transaction for the batch. A batch of one says its troubles; a larger one is retried in smaller ones."""
        wanted = [record for record in batch if self._wants(record)]
        if len(wanted) < len(batch):
            metrics.counter("events_ignored_total").labels(self._group).inc(len(batch) - len(wanted))
        events: list[Received] = []
        records: dict[UUID, Record] = {}
        for record in wanted:
            try:
                event = await _decoded(record)
                events.append(event)
                records[event.id] = record
            except cloudevents.UnknownType:
                metrics.counter("events_ignored_total").labels(self._group).inc()
            except cloudevents.Undecodable as error:
                raise DeadLetter(str(error)) from error
        if not events:
            return
        try:
            async with postgres.transaction(self._pool) as connection:
                fresh, given_up = await self._handled(connection, events)
        except postgres.OUTAGES as error:
            # Kafka is well: the member stays in its group, instead of leaving and joining it beside all the others.
            self._outages += 1
            raise _Outage(type(error).__name__, COMPONENT.after(self._outages)) from error
        self._outages = 0
        for identity, reason in given_up.items():
            await self._bury(records[identity], reason)
        self._dead_in_a_row = 0
        self._are_dead.extend([False] * len(fresh))
        for wake in self._after_commit:
            wake()
        self._count(fresh, len(events) - len(fresh))

    def _wants(self, record: Record) -> bool:
        """By the header alone. A record without it is read, to be found out as no event."""
        kind = cloudevents.type_of(record)
        return kind is None or not self._handles or kind in self._handles

    async def _handled(self, connection: Connection, events: list[Received]) -> tuple[list[Received], Given]:
        """Those that were new, and those given up."""
        fresh = await self._new_ones(connection, events) if self._keeps_inbox else events
        if self._batch is not None:
            given_up = await self._batch(connection, fresh) or {}
            return [event for event in fresh if event.id not in given_up], given_up
        for event in fresh:
            trace.current.set(trace.child(event.traceparent))
            await self._handlers[event.type](connection, event)
        return fresh, {}

    async def _new_ones(self, connection: Connection, events: list[Received]) -> list[Received]:
        rows = await connection.fetch(
            "INSERT INTO inbox (consumer, event_id) SELECT $1, unnest($2::uuid[]) "
            "ON CONFLICT DO NOTHING RETURNING event_id",
            self._group,
            [event.id for event in events],
        )
        left: set[UUID] = {row["event_id"] for row in rows}
        fresh = []
        for event in events:
            if event.id in left:
                # The same event twice within a batch is taken the first time only.
                left.discard(event.id)
                fresh.append(event)
        return fresh

    def _count(self, fresh: list[Received], repeated: int) -> None:
        if repeated:
            metrics.counter("events_repeated_total").labels(self._group).inc(repeated)
        now = datetime.now(UTC)
        for event in fresh:
            metrics.counter("events_absorbed_total").labels(self._group, event.type).inc()
            delay = max(0.0, (now - event.time).total_seconds())
            metrics.histogram("event_delay_seconds").labels(self._group).observe(delay)

    async def _bury(self, record: Record, reason: str) -> None:
        self._dead_in_a_row += 1
        self._are_dead.append(True)
        if self._dead_in_a_row > _MOST_DEAD_IN_A_ROW:
            raise Halted(f"more than {_MOST_DEAD_IN_A_ROW} dead letters in a row")
        if sum(self._are_dead) > _MOST_DEAD_OF_LATEST:
            raise Halted(f"more than {_MOST_DEAD_OF_LATEST} dead letters among the latest {_LATEST}")
        log.get().error(
            "record_dead",
            consumer=self._group,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
        )
        producer: AIOKafkaProducer = await kafka.start_producer(self._bootstrap, name=f"{self._group}-dead")
        try:
            await producer.send_and_wait(
                record.topic + kafka.DEAD_LETTER_SUFFIX,
                key=record.key,
                value=record.value,
                headers=[
                    *record.headers,
                    ("dead-consumer", self._group.encode()),
                    ("dead-reason", reason.encode()),
                    ("dead-origin", f"{record.topic}/{record.partition}/{record.offset}".encode()),
                ],
            )
        finally:
            await kafka.close(producer, self.name)
        metrics.counter("dead_letters_total").labels(self._group).inc()

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        """The offsets of what is done, as far as the partitions are still ours."""
        ours = {partition: self._done[partition] for partition in self._done.keys() & consumer.assignment()}
        self._done.clear()
        if not ours:
            return
        try:
            # A client that is broken waits without a bound; this life of the consumer ends, and the next has another client.
            async with asyncio.timeout(_COMMITTED_SECONDS):
                await consumer.commit(ours)
        except _REBALANCED:
            # The partitions have moved on; whoever has them now meets the inbox.
            log.get().info("commit_after_rebalance", group=self._group, count=len(ours))


async def _decoded(record: Record) -> Received:
    """A large body is read beside the loop: one that cannot beat its heart for ten seconds loses its partitions."""
    if cloudevents.unpacked_size(record) < _THREAD_ABOVE_BYTES:
        return cloudevents.decode(record)
    return await asyncio.to_thread(cloudevents.decode, record)


def _partition(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


def _by_partition(records: Iterable[Record]) -> dict[TopicPartition, list[Record]]:
    found: dict[TopicPartition, list[Record]] = {}
    for record in records:
        found.setdefault(_partition(record), []).append(record)
    return found


def _bounded(records: list[Record]) -> list[list[Record]]:
    batches: list[list[Record]] = [[]]
    size = 0
    for record in records:
        length = cloudevents.unpacked_size(record)
        if batches[-1] and (len(batches[-1]) >= _BATCH_RECORDS or size + length > _BATCH_BYTES):
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += length
    return [batch for batch in batches if batch]
