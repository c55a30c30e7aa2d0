"""A component that looks for something new every few seconds, e.g. what another process has put into the database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable


class Looking:
    """Ready once it has looked; a look that fails is the supervision's business."""

    def __init__(self, name: str, look: Callable[[], Awaitable[object]], seconds: float) -> None:
        self.name = name
        self.ready = asyncio.Event()
        self._look = look
        self._seconds = seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            await self._look()
            self.ready.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._seconds)
