"""Who is woken after a commit: the relay in this process, or whoever hears the notification."""

from __future__ import annotations

import asyncio
from typing import cast

from backbone.outbox import Waker
from backbone.postgres import Pool


class Notified:
    """A pool that only counts what it is asked."""

    def __init__(self) -> None:
        self.count = 0

    async def execute(self, statement: str, *arguments: object) -> None:
        self.count += 1


async def _settle() -> None:
    await asyncio.sleep(0.05)


def test_a_relay_in_this_process_needs_no_notification() -> None:
    async def run() -> None:
        pool = Notified()
        waker = Waker(cast(Pool, pool))
        stop, relay = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(waker.run(stop))
        with waker.here(relay):
            waker.wake()
            await _settle()
            assert relay.is_set() and pool.count == 0
        # Whoever is elected next hears of what came between.
        await _settle()
        assert pool.count == 1
        relay.clear()
        stop.set()
        waker.wake()
        await running
        assert pool.count == 2 and not relay.is_set()

    asyncio.run(run())
