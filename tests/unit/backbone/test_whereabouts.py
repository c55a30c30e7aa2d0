"""What a service that does nothing says of itself."""

from __future__ import annotations

import asyncio

import structlog.testing

from backbone import whereabouts


async def _waits_for_nobody(event: asyncio.Event) -> None:
    await event.wait()


def test_every_task_says_where_it_stands() -> None:
    async def run() -> None:
        task = asyncio.create_task(_waits_for_nobody(asyncio.Event()), name="lost")
        await asyncio.sleep(0)
        whereabouts.say()
        task.cancel()

    with structlog.testing.capture_logs() as lines:
        asyncio.run(run())
    stack = next(line["stack"] for line in lines if line["name"] == "lost")
    assert "_waits_for_nobody" in stack and stack.endswith(tuple("0123456789"))
    assert "asyncio.locks.wait" in stack.rpartition(" > ")[2]
