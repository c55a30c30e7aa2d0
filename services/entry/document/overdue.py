"""A stuck document is visible: documents past the deadline of their state are counted for the dashboards."""

from __future__ import annotations

import asyncio
import contextlib

from backbone import metrics
from backbone.postgres import Pool

_EVERY_SECONDS = 15


class OverdueCount:
    """Keeps the gauge `documents_overdue`."""

    name = "overdue-count"

    def __init__(self, pool: Pool) -> None:
        self.ready = asyncio.Event()
        self._pool = pool

    async def run(self, stop: asyncio.Event) -> None:
        seen: set[tuple[str, str]] = set()
        while not stop.is_set():
            rows = await self._pool.fetch(
                "SELECT kind, state, count(*) AS number FROM documents WHERE deadline_at < now() GROUP BY kind, state"
            )
            gauge = metrics.gauge("documents_overdue")
            found = {(row["kind"], row["state"]): row["number"] for row in rows}
            for labels in seen | found.keys():
                gauge.labels(*labels).set(found.get(labels, 0))
            seen |= found.keys()
            self.ready.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)
