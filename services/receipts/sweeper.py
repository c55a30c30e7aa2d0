"""The clock of receipts: unmatched files are looked at again, split ones are given up waiting for, and both are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from backbone import metrics, postgres
from backbone.postgres import Pool
from customs.singlewindow import ACKNOWLEDGEMENT
from customs.singlewindow.forms import MESSAGE_TYPES
from services.receipts import domain, store

SECONDS = 1.0
_MOST_AT_ONCE = 500
_TYPES = MESSAGE_TYPES | {ACKNOWLEDGEMENT}


class Sweeper:
    """Several replicas share the work by row locks."""

    def __init__(self, pool: Pool, wake: Callable[[], None]) -> None:
        self._pool = pool
        self._wake = wake
        self._shown: set[tuple[str, str]] = set()

    async def turn(self) -> None:
        async with postgres.transaction(self._pool) as connection:
            due = await store.due(connection, _MOST_AT_ONCE)
            for raw in due:
                await store.enqueue(connection, raw, str(raw.tries))
            counts = await store.counts(connection)
        if due:
            self._wake()
        self._show(counts)

    def _show(self, counts: Mapping[tuple[str, str], int]) -> None:
        """A type that no list knows comes from a stranger's file and makes no label of its own."""
        shown = Counter({(state, ""): 0 for state in domain.STATES.keys() - domain.TOLD})
        for (state, message_type), count in counts.items():
            shown[state, message_type if message_type in _TYPES else ""] += count
        for labels in self._shown - shown.keys():
            metrics.gauge("receipts_kept").labels(*labels).set(0)
        for labels, count in shown.items():
            metrics.gauge("receipts_kept").labels(*labels).set(count)
        self._shown |= shown.keys()
