"""Builds a view again that was emptied: reads every event that is kept, beside the consumer that takes in new ones.

A view leaves the same rows in whatever order its events come, so both may write it; a lock keeps them apart. What is told
after the reading began is the consumer's, what was told before it is read here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from aiokafka import ConsumerRecord

from backbone import cloudevents, kafka, log, postgres
from backbone.cloudevents import Received
from backbone.pauses import pause
from backbone.postgres import PlainConnection, Pool
from services.query.consumer import REBUILD_LOCK
from services.query.projections import VIEWS, View

if TYPE_CHECKING:
    Record: TypeAlias = ConsumerRecord[bytes, bytes]
else:
    Record = ConsumerRecord

_LOOK_SECONDS = 1.0
_BATCH_RECORDS = 500
_ELECTION = 7_206_120


class Rebuilder:
    """A component: one process of all builds, one view after another."""

    name = "view-rebuilder"

    def __init__(self, pool: Pool, dsn: str, bootstrap: str) -> None:
        self.ready = asyncio.Event()
        self._pool = pool
        self._dsn = dsn
        self._bootstrap = bootstrap

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises on outages; a view begun is begun again."""
        self.ready.set()
        try:
            while not await pause(stop, _LOOK_SECONDS):
                if await self._unbuilt():
                    await self._build_all(stop)
        finally:
            self.ready.clear()

    async def _unbuilt(self) -> dict[str, int]:
        """Views that were emptied, with the generation to build."""
        rows = await self._pool.fetch("SELECT name, generation FROM views WHERE built < generation")
        return {row["name"]: row["generation"] for row in rows if row["name"] in VIEWS}

    async def _build_all(self, stop: asyncio.Event) -> None:
        connection = await postgres.connect(self._dsn, name=self.name)
        try:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ELECTION):
                return
            for name, generation in (await self._unbuilt()).items():
                await self._build(connection, VIEWS[name], generation, stop)
        finally:
            await connection.close(timeout=5)

    async def _build(
        self, connection: PlainConnection, view: View, generation: int, stop: asyncio.Event
    ) -> None:
        log.get().info("view_rebuilding", name=view.name)
        reader = await kafka.start_reader(self._bootstrap, name=f"query-{self.name}", names=list(view.topics))
        count = 0
        try:
            await reader.seek_to_beginning()
            ends = await reader.end_offsets(list(reader.assignment()))
            while not stop.is_set() and await kafka.still_behind(reader, ends):
                found = await reader.getmany(timeout_ms=200, max_records=_BATCH_RECORDS)
                events = list(_events(view, (record for records in found.values() for record in records)))
                if not await self._took(view, generation, events):
                    return
                count += len(events)
        finally:
            await kafka.close(reader, self.name)
        if not stop.is_set():
            await connection.execute(
                "UPDATE views SET built = $2 WHERE name = $1 AND generation = $2", view.name, generation
            )
            log.get().info("view_rebuilt", name=view.name, count=count)

    async def _took(self, view: View, generation: int, events: list[Received]) -> bool:
        """False when the view was emptied once more meanwhile."""
        async with postgres.transaction(self._pool) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", REBUILD_LOCK)
            alive = await connection.fetchval("SELECT generation FROM views WHERE name = $1", view.name)
            if alive == generation and events:
                await view.apply(connection, events)
        return bool(alive == generation)


def _events(view: View, records: Iterable[Record]) -> Iterable[Received]:
    for record in records:
        if cloudevents.type_of(record) in view.handles:
            try:
                yield cloudevents.decode(record)
            except cloudevents.Undecodable as error:
                # The consumer has put it aside.
                log.get().warning("event_not_understood", reason=type(error).__name__)
