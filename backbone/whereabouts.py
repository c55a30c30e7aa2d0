"""Where every task of a service stands, said on SIGUSR1: for a service that is alive and does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import FrameType
from typing import Any

from backbone import log


def say() -> None:
    """One line of log a task, the innermost place last."""
    for task in asyncio.all_tasks():
        log.get().warning("task_stands", name=task.get_name(), stack=" > ".join(_places(task)))


def _places(task: asyncio.Task[Any]) -> Iterator[str]:
    inner: Any = task.get_coro()
    while inner is not None:
        frame: FrameType | None = getattr(inner, "cr_frame", None) or getattr(inner, "gi_frame", None)
        if frame is not None:
            yield f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}:{frame.f_lineno}"
        inner = getattr(inner, "cr_await", None) or getattr(inner, "gi_yieldfrom", None)
