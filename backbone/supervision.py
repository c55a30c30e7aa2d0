"""Keeping a component running: started again when it fails, when it hangs while it starts, and when it hangs while it ends.

A dead server can leave a client waiting for what never comes, and a client library can swallow the cancellation as well. So
no life of a component is waited for without a bound: what does not end is left behind, and a new life begins beside it.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from backbone import log
from backbone.backoff import COMPONENT
from backbone.pauses import pause

_PATIENCE_SECONDS = 60.0
_LONGEST_PATIENCE_SECONDS = 240.0
_CANCEL_SECONDS = 10.0
_LOOK_SECONDS = 0.5
_STEADY_SECONDS = 30.0
_MOST_LEFT_BEHIND = 3


class Component(Protocol):
    """Something that runs until `stop` is set. `ready` is set while it works; it may raise, and is started again.

    One whose start computes for seconds, and so for minutes on a busy machine, bounds it itself and says so in
    `start_seconds`.
    """

    name: str
    ready: asyncio.Event

    async def run(self, stop: asyncio.Event) -> None: ...


class Halted(Exception):
    """Too much went wrong in a row; a person must look before the component goes on."""


class Wedged(Exception):
    """A component hung again and again, and what it left behind still holds connections; only a new process helps."""


class _Hung(Exception):
    """The component was unready for longer than anybody waits."""


class _Cancelled(Exception):
    """Not by us: a client library let out the cancellation of a task of its own, as aiokafka's `stop` can."""


async def supervise(
    component: Component,
    stop: asyncio.Event,
    *,
    patience_seconds: float = _PATIENCE_SECONDS,
    cancel_seconds: float = _CANCEL_SECONDS,
) -> None:
    """Run a component and start it again when it fails or hangs; Halted leaves it down and unready. Raises Wedged.

    It hangs when it is unready for `patience_seconds`, or for its own `start_seconds` where they are more, and twice as
    long after each time that it hung.
    """
    clock = asyncio.get_running_loop().time
    failures = left_behind = 0
    patience = max(patience_seconds, getattr(component, "start_seconds", 0.0))
    while not stop.is_set():
        started = clock()
        life = asyncio.create_task(component.run(stop), name=component.name)
        try:
            await _until_ended(component, life, stop, patience)
            if life.cancelled():
                raise _Cancelled
            life.result()
            if stop.is_set():
                return
            log.get().warning("component_ended", name=component.name)
        except Halted as error:
            component.ready.clear()
            log.get().error("component_halted", name=component.name, reason=str(error))
            await stop.wait()
            return
        except _Hung:
            ended = await cancelled(life, cancel_seconds)
            left_behind += not ended
            log.get().error("component_hung", name=component.name, delay_seconds=patience, count=left_behind)
            if left_behind >= _MOST_LEFT_BEHIND:
                raise Wedged(component.name) from None
            patience = max(patience, min(2 * patience, _LONGEST_PATIENCE_SECONDS))
        except asyncio.CancelledError:
            await cancelled(life, cancel_seconds)
            raise
        except Exception as error:  # noqa: BLE001 - a component that fails is started again
            log.get().error("component_failed", name=component.name, exc_info=error)
        component.ready.clear()
        if clock() - started > _STEADY_SECONDS:
            failures = 0
        failures += 1
        await pause(stop, COMPONENT.after(failures))


async def _until_ended(
    component: Component, life: asyncio.Task[None], stop: asyncio.Event, patience: float
) -> None:
    """Wait for the end of this life. Raises _Hung; not once `stop` is set, since then the service bounds the end."""
    clock = asyncio.get_running_loop().time
    worked = clock()
    while not life.done():
        await asyncio.wait({life}, timeout=min(_LOOK_SECONDS, patience))
        if component.ready.is_set() or stop.is_set():
            worked = clock()
        elif clock() - worked > patience:
            raise _Hung


async def cancelled(task: asyncio.Task[None], seconds: float = _CANCEL_SECONDS) -> bool:
    """Whether a task that was cancelled ended. One that swallows the cancellation is left behind, and goes on if it can."""
    task.cancel()
    await asyncio.wait({task}, timeout=seconds)
    # Whatever it says when it ends at last, nobody asks any more.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task.done()
