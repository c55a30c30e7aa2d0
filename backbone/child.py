"""A child process that handles what comes from outside: it gets no secrets, so much memory and time, and no life of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_HANDED_ON = ("PATH", "LANG", "TMPDIR")


async def start(module: str, *arguments: str, limit: int = 2**16) -> Process:
    """`python -m module`, with pipes to its standard input and output. Whoever starts it ends it.

    `limit`: the longest line that is read from it.
    """
    environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        cwd=_ROOT,
        env=environment,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=limit,
    )


async def end(process: Process) -> None:
    """Whatever it does."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def running(module: str, *arguments: str, seconds: float) -> AsyncIterator[Process]:
    """For one order: ended in the end, and after so many seconds. Raises TimeoutError."""
    process = await start(module, *arguments)
    try:
        async with asyncio.timeout(seconds):
            yield process
    finally:
        await end(process)


def confine(*, memory_bytes: int, seconds: int | None = None, disk_bytes: int | None = None) -> None:
    """Called by the child first: addresses, seconds of the processor and the size of a file that it may have.

    Nothing where the system has no such bounds (Windows).
    """
    if sys.platform == "win32":
        return
    import resource

    bounds = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: disk_bytes,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in bounds.items():
        if most is not None:
            resource.setrlimit(what, (most, most))
