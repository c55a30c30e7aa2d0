"""The clock of receipts: unmatched files are looked at again, split ones are given up waiting for, and both are counted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from backbone import metrics, postgres
from backbone.postgres import Pool
from services.receipts import domain, store

_SECONDS = 1.0
_MOST_AT_ONCE = 500


class Sweeper:
    """Looks once a second; several replicas share the work by row locks."""

    name = "receipts-sweeper"

    def __init__(self, pool: Pool, wake: Callable[[], None]) -> None:
        self.ready = asyncio.Event()
        self._pool = pool
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises on outages."""
        try:
            while not stop.is_set():
                await self.turn()
                self.ready.set()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _SECONDS)
        finally:
            self.ready.clear()

    async def turn(self) -> None:
        async with postgres.transaction(self._pool) as connection:
            due = await store.due(connection, _MOST_AT_ONCE)
            for raw in due:
                await store.enqueue(connection, raw, str(raw.tries))
            counts = await store.counts(connection)
        if due:
            self._wake()
        for state in domain.STATES.keys() - domain.TOLD:
            metrics.gauge("receipts_kept").labels(state).set(counts.get(state, 0))
