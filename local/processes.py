"""What it takes to run one program of the platform, and telling a living process from a recycled pid."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from local.accounts import Account
from local.home import Home, read_json, write_json

_CLOCK_SLACK_SECONDS = 2.0
SERVERS = frozenset({"postgres", "kafka"})
"""What everything else stands on: started first, stopped last."""


@dataclass(frozen=True)
class Program:
    """A program to keep running. `is_ready` answers whether it serves; errors count as no."""

    name: str
    arguments: tuple[str, ...]
    is_ready: Callable[[], Awaitable[bool]]
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 15
    before_start: Callable[[], None] | None = None
    output: str | None = None
    """Log for standard output, when the program itself writes and rotates the log of its own name."""


@dataclass(frozen=True)
class Mark:
    """A process named so that no later process with its pid is taken for it."""

    pid: int
    created: float
    stop_signal: int

    def process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            recycled = abs(process.create_time() - self.created) > _CLOCK_SLACK_SECONDS
        except psutil.NoSuchProcess:
            return None
        return None if recycled or process.status() == psutil.STATUS_ZOMBIE else process


def mark_path(home: Home, name: str) -> Path:
    return home.run / f"{name}.pid"


def write_mark(home: Home, name: str, pid: int, stop_signal: int = signal.SIGTERM) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        created = psutil.Process(pid).create_time()
        write_json(mark_path(home, name), {"pid": pid, "created": created, "stop_signal": stop_signal})


def read_mark(home: Home, name: str) -> Mark | None:
    """The mark of a process that still lives, else None."""
    data = read_json(mark_path(home, name))
    if data is None:
        return None
    mark = Mark(data["pid"], data["created"], data["stop_signal"])
    return mark if mark.process() is not None else None


def stop_orphans(home: Home, *, except_for: str) -> list[str]:
    """End what a supervisor that was killed left running, servers last; answers the names."""
    names = sorted(path.stem for path in home.run.glob("*.pid") if path.stem != except_for)
    living = {name: mark for name in names if (mark := read_mark(home, name)) is not None}
    _stop([mark for name, mark in living.items() if name not in SERVERS])
    _stop([mark for name, mark in living.items() if name in SERVERS])
    for name in names:
        mark_path(home, name).unlink(missing_ok=True)
    return list(living)


def _stop(marks: Sequence[Mark], *, seconds: float = 15) -> None:
    for mark in marks:
        with contextlib.suppress(ProcessLookupError):
            os.kill(mark.pid, mark.stop_signal)
            os.kill(mark.pid, signal.SIGCONT)
    deadline = time.monotonic() + seconds
    while any(mark.process() for mark in marks):
        if time.monotonic() > deadline:
            for mark in marks:
                kill_tree(mark)
        time.sleep(0.05)


def kill_tree(mark: Mark) -> None:
    """SIGKILL for the process and what it started."""
    process = mark.process()
    if process is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [*process.children(recursive=True), process]
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()


def memory_bytes(mark: Mark) -> int:
    """Resident memory of the process and its children, memory they share with each other counted once."""
    process = mark.process()
    if process is None:
        return 0
    try:
        total: int = process.memory_info().rss
        for child in process.children(recursive=True):
            info = child.memory_info()
            total += info.rss - getattr(info, "shared", 0)
    except psutil.NoSuchProcess:
        return 0
    return total
