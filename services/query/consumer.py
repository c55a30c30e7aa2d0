"""Kafka in: a consumer per view, under a group named after the view's generation, so that a rebuild reads from the start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from backbone import log, metrics, postgres
from backbone.backoff import AgainLater
from backbone.cloudevents import Received
from backbone.consume import Consumer
from backbone.pauses import pause
from backbone.postgres import Connection, Pool
from backbone.supervision import cancelled
from services.query.projections import VIEWS, View, changes

HANDLES: frozenset[str] = frozenset(changes.WORK).union(*(view.handles for view in VIEWS.values()))
TOPICS: frozenset[str] = frozenset(changes.WORK_TOPICS).union(*(view.topics for view in VIEWS.values()))
_LOOK_SECONDS = 0.5


def work_consumer(pool: Pool, bootstrap: str) -> Consumer:
    """Tells the live stream what moved beside documents. No view: what it tells is over in a day."""
    return Consumer(
        group="query-work",
        pool=pool,
        bootstrap=bootstrap,
        topics=changes.WORK_TOPICS,
        batch=changes.tell_work,
    )


class ViewConsumer:
    """Keeps one view; when its generation is raised it starts again under the new group."""

    def __init__(self, view: View, pool: Pool, bootstrap: str, after_commit: Callable[[], None]) -> None:
        self.name = f"view:{view.name}"
        self.ready = asyncio.Event()
        self._view = view
        self._pool = pool
        self._bootstrap = bootstrap
        self._after_commit = after_commit
        self._generation = 0

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._generation = await self._alive()
            consumer = Consumer(
                group=f"query-{self._view.name}-{self._generation}",
                pool=self._pool,
                bootstrap=self._bootstrap,
                topics=self._view.topics,
                batch=self._apply,
                after_commit=[self._after_commit],
            )
            await self._until_rebuilt(consumer, stop)

    async def _until_rebuilt(self, consumer: Consumer, stop: asyncio.Event) -> None:
        ended = asyncio.Event()
        running = asyncio.create_task(consumer.run(ended))
        try:
            while not running.done() and not await pause(stop, _LOOK_SECONDS):
                if consumer.ready.is_set():
                    self.ready.set()
                if await self._is_rebuilt():
                    log.get().info("view_rebuilding", name=self._view.name)
                    break
            self.ready.clear()
            ended.set()
            await running
        finally:
            self.ready.clear()
            await cancelled(running)

    async def _is_rebuilt(self) -> bool:
        try:
            return await self._alive() != self._generation
        except postgres.OUTAGES:
            # Asked again soon. What is written meanwhile asks in its own transaction.
            return False

    async def _alive(self) -> int:
        found: int = await self._pool.fetchval(
            "SELECT generation FROM views WHERE name = $1", self._view.name
        )
        return found

    async def _apply(self, connection: Connection, events: Sequence[Received]) -> None:
        # Shared with other batches, but not with a rebuild: nothing of an old generation enters the emptied table.
        alive = await connection.fetchval(
            "SELECT generation FROM views WHERE name = $1 FOR SHARE", self._view.name
        )
        if alive != self._generation:
            raise AgainLater("the view is being rebuilt", 1)
        await self._view.apply(connection, events)
        newest = max(received.time for received in events)
        lag = (datetime.now(UTC) - newest).total_seconds()
        metrics.gauge("projection_lag_seconds").labels(self._view.name).set(max(0.0, lag))
