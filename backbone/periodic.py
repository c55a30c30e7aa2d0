"""A component that does the same every few seconds, e.g. looks for what another process has put into the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from backbone.pauses import pause


class Periodic:
    """Ready once a turn was done; a turn that fails is the supervision's business, which starts with a turn at once."""

    def __init__(self, name: str, turn: Callable[[], Awaitable[object]], seconds: float) -> None:
        self.name = name
        self.ready = asyncio.Event()
        self._turn = turn
        self._seconds = seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            await self._turn()
            self.ready.set()
            await pause(stop, self._seconds)
