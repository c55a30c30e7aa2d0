"""Components that fail, hang and swallow their cancellation: each is started anew, and nothing is waited for without a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from backbone.supervision import Halted, Wedged, supervise

pytestmark = pytest.mark.anyio
Life = Callable[["Played"], Awaitable[None]]


class Played:
    """A component that plays the given lives, and works in the last of them until it is stopped."""

    name = "played"

    def __init__(self, *lives: Life) -> None:
        self.ready = asyncio.Event()
        self.begun = 0
        self.never = asyncio.Event()
        self._lives = list(lives)

    async def run(self, stop: asyncio.Event) -> None:
        self.begun += 1
        if self._lives:
            await self._lives.pop(0)(self)
            return
        self.ready.set()
        await stop.wait()


async def fails(_: Played) -> None:
    raise ConnectionError("gone")


async def lets_out_a_cancellation(_: Played) -> None:
    """As `AIOKafkaConsumer.stop` does when a fetch of its own had not begun."""
    fetch = asyncio.create_task(asyncio.sleep(0))
    fetch.cancel()
    await fetch


async def hangs_while_it_starts(component: Played) -> None:
    await component.never.wait()


async def hangs_while_it_ends(component: Played) -> None:
    component.ready.set()
    await asyncio.sleep(0)
    component.ready.clear()
    await component.never.wait()


async def swallows_its_cancellation(component: Played) -> None:
    while not component.never.is_set():
        try:
            await component.never.wait()
        except asyncio.CancelledError:
            continue


@asynccontextmanager
async def supervised(component: Played) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(supervise(component, stop, patience_seconds=0.02, cancel_seconds=0.02))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait({task}, timeout=60)
        component.never.set()
        assert task.done()


@pytest.mark.parametrize(
    "life",
    (
        fails,
        lets_out_a_cancellation,
        hangs_while_it_starts,
        hangs_while_it_ends,
        swallows_its_cancellation,
    ),
)
async def test_works_again(life: Life) -> None:
    component = Played(life)
    async with supervised(component), asyncio.timeout(60):
        await component.ready.wait()
        while component.begun < 2:
            await asyncio.sleep(0)
        await component.ready.wait()


async def test_a_start_that_says_how_long_it_may_take_is_not_cut_off() -> None:
    async def computes(component: Played) -> None:
        await looked.wait()
        component.ready.set()
        await component.never.wait()

    looked = asyncio.Event()
    component = Played(computes)
    component.start_seconds = 3600.0  # type: ignore[attr-defined]
    async with supervised(component) as task:
        # Ten times as long as anybody else is given.
        await asyncio.wait({task}, timeout=0.2)
        looked.set()
        await component.ready.wait()
        assert component.begun == 1
        component.never.set()


async def test_what_hangs_for_ever_is_left_behind_a_few_times_only() -> None:
    """Each holds connections: the service ends, and whoever keeps it starts it anew."""
    component = Played(*[swallows_its_cancellation] * 5)
    async with supervised(component) as task, asyncio.timeout(60):
        with pytest.raises(Wedged):
            await asyncio.shield(task)


async def test_a_halted_component_stays_down_and_unready() -> None:
    async def halts(component: Played) -> None:
        component.ready.set()
        raise Halted("look at me")

    component = Played(halts)
    async with supervised(component), asyncio.timeout(60):
        while not component.begun or component.ready.is_set():
            await asyncio.sleep(0)


async def test_a_stop_from_outside_ends_a_component_that_works() -> None:
    component = Played()
    async with supervised(component), asyncio.timeout(60):
        await component.ready.wait()
    assert component.begun == 1
