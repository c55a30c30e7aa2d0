"""Computing beside the event loop, so that one large document holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_THREAD_ABOVE_BYTES = 200_000
# A few at a time: each needs a core for a while.
_large = asyncio.Semaphore(2)

P = ParamSpec("P")
T = TypeVar("T")


async def beside_loop(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` answers, off the event loop when what it works on had many bytes (`size`)."""
    if size < _THREAD_ABOVE_BYTES:
        return work(*args, **kwargs)
    async with _large:
        return await asyncio.to_thread(work, *args, **kwargs)
