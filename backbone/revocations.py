"""Tokens taken back before they run out: what identity tells, held in the memory of every process that is asked for something.

Every process reads for itself, from as far back as a token can live, so that it needs no table and no turn in a group.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from backbone import cloudevents, kafka, log, metrics
from contracts.events.identity import LONGEST_TOKEN, AccessRevoked

if TYPE_CHECKING:
    Record: TypeAlias = ConsumerRecord[bytes, bytes]
else:
    Record = ConsumerRecord

_CLOCK_SLACK_MS = 60_000
_SWEEP_SECONDS = 60.0


class Bearer(Protocol):
    """What of a caller can be taken back. A token of another issuer may say none of it."""

    @property
    def id(self) -> str: ...
    @property
    def tenant_id(self) -> UUID: ...
    @property
    def session(self) -> str | None: ...
    @property
    def generation(self) -> int | None: ...
    @property
    def tenant_generation(self) -> int | None: ...


class Revoked:
    """The list. A line ends when no token that it speaks of can live any more, so it stays as short as the last hour was."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], tuple[int, datetime]] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, event: AccessRevoked, now: datetime) -> None:
        """In any order and as often as it comes: the highest generation stays."""
        line = (event.scope, str(event.id))
        known = self._lines.get(line)
        if event.until > now and (known is None or known[0] < event.generation):
            self._lines[line] = (event.generation, event.until)

    def covers(self, bearer: Bearer) -> bool:
        """Whether the token was taken back: it is of a session that is over, or of an earlier generation."""
        return (
            self._is_before("tenant", str(bearer.tenant_id), bearer.tenant_generation)
            or self._is_before("holder", bearer.id, bearer.generation)
            or ("session", str(bearer.session)) in self._lines
        )

    def _is_before(self, scope: str, identity: str, generation: int | None) -> bool:
        line = self._lines.get((scope, identity))
        return line is not None and generation is not None and generation < line[0]

    def sweep(self, now: datetime) -> None:
        self._lines = {line: kept for line, kept in self._lines.items() if kept[1] > now}


class RevocationsFollower:
    """A component. Ready when it knows everything that was told before it began."""

    name = "revocations"

    def __init__(self, bootstrap: str, service: str, revoked: Revoked) -> None:
        self.ready = asyncio.Event()
        self._bootstrap = bootstrap
        self._service = service
        self._revoked = revoked
        self._topic = next(t.name for t in kafka.topics().values() if AccessRevoked.type in t.emits)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises KafkaError; what is known by then stays known."""
        consumer = await kafka.start_reader(
            self._bootstrap, name=f"{self._service}-{self.name}", names=[self._topic]
        )
        try:
            behind = await self._seek(consumer)
            swept_at = time.monotonic()
            while not stop.is_set():
                if not self.ready.is_set() and not await kafka.still_behind(consumer, behind):
                    self.ready.set()
                for records in (await consumer.getmany(timeout_ms=1_000)).values():
                    self._take(records)
                if time.monotonic() - swept_at > _SWEEP_SECONDS:
                    swept_at = time.monotonic()
                    self._revoked.sweep(datetime.now(UTC))
                metrics.gauge("revocations_held").set(len(self._revoked))
        finally:
            await kafka.close(consumer, f"{self._service}-{self.name}")

    async def _seek(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Begin where a token that still lives may have been taken back; answers where each partition ended just then."""
        partitions = list(consumer.assignment())
        since = int(time.time() * 1000 - LONGEST_TOKEN.total_seconds() * 1000) - _CLOCK_SLACK_MS
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
        for partition in partitions:
            first = found.get(partition)
            consumer.seek(partition, ends[partition] if first is None else first.offset)
        return ends

    def _take(self, records: Iterable[Record]) -> None:
        now = datetime.now(UTC)
        for record in records:
            try:
                event = cloudevents.decode(record).event
            except (cloudevents.Undecodable, cloudevents.UnknownType) as error:
                # The groups that read the topic put it aside.
                log.get().warning("event_not_understood", reason=type(error).__name__)
                continue
            if isinstance(event, AccessRevoked):
                self._revoked.add(event, now)
