"""Keeps one program running: start, wait until it serves, start again with growing pauses when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from local.home import PRIVATE, TREE, Home
from local.processes import Program, kill_tree, mark_path, read_mark, write_mark

_PAUSES = (0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
_STEADY_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_PROBE_SECONDS = 2.0
_MISSES_OF_THE_SICK = 2
_LOG_BYTES = 20 * 1024 * 1024


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    SICK = "sick"
    """It runs and served once, but does not answer now."""
    PAUSING = "pausing"
    """It died and will be started again after a pause."""
    HELD = "held"
    """Down because somebody asked for it."""
    STOPPED = "stopped"


class Keeper:
    """One task. `hold` files ask for a program to stay down, so that any process can ask without a connection."""

    def __init__(self, program: Program, home: Home, changed: Callable[[], None]) -> None:
        self.program = program
        self.state = State.WAITING
        self.restarts = 0
        self.last_exit: int | None = None
        self.pid: int | None = None
        self.ready = asyncio.Event()
        self._home = home
        self._changed = changed
        self._stopping = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        first = True
        while not self._stopping.is_set():
            if hold_path(self._home, self.program.name).exists():
                self._enter(State.HELD)
                first = True  # an asked-for start is no restart
                await self._wait(_LOOK_SECONDS)
                continue
            if not first:
                self.restarts += 1
            first = False
            await self._once()
        self._enter(State.STOPPED)

    def stop(self) -> None:
        self._stopping.set()

    async def _once(self) -> None:
        """One life of the program, from start to exit; ends with the pause when it was not asked to go."""
        started = time.monotonic()
        try:
            process = await self._start()
        except OSError as error:
            self._note(f"cannot start: {error}")
            self.last_exit = 127
            await self._pause(started)
            return
        self.pid = process.pid
        write_mark(self._home, self.program.name, process.pid, self.program.stop_signal)
        self._enter(State.STARTING)
        exited = asyncio.create_task(process.wait())
        probe = asyncio.create_task(self._probe())
        asked = False
        while not exited.done():
            asked = self._stopping.is_set() or hold_path(self._home, self.program.name).exists()
            if asked:
                await self._end(process, exited)
                break
            await asyncio.wait({exited}, timeout=_LOOK_SECONDS)
        probe.cancel()
        await asyncio.wait({probe})
        self.last_exit = await exited
        self.pid = None
        self.ready.clear()
        mark_path(self._home, self.program.name).unlink(missing_ok=True)
        if not asked:
            self._note(f"ended with status {self.last_exit}")
            await self._pause(started)

    async def _start(self) -> asyncio.subprocess.Process:
        if self.program.before_start is not None:
            self.program.before_start()
        path = self._output
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        account = self.program.account
        with path.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.program.arguments,
                cwd="/" if account else TREE,
                env={**os.environ, **self.program.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=PRIVATE,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    async def _probe(self) -> None:
        """Often until it serves, then now and then: a process that hangs is there and yet of no use."""
        misses = 0
        while True:
            if await self._serves():
                misses = 0
                self.ready.set()
                self._enter(State.READY)
            elif self.state is State.READY:
                misses += 1
                if misses >= _MISSES_OF_THE_SICK:
                    self._enter(State.SICK)
            await asyncio.sleep(_PROBE_SECONDS if self.ready.is_set() else _LOOK_SECONDS)

    async def _serves(self) -> bool:
        try:
            async with asyncio.timeout(5):
                return await self.program.is_ready()
        except Exception:  # noqa: BLE001 - whatever a program that is not there yet makes its client raise
            return False

    async def _end(self, process: asyncio.subprocess.Process, exited: asyncio.Task[int]) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.program.stop_signal)
        done, _ = await asyncio.wait({exited}, timeout=self.program.stop_seconds)
        if not done:
            self._note(f"did not stop within {self.program.stop_seconds:g} s and is killed")
            mark = read_mark(self._home, self.program.name)
            if mark is not None:
                kill_tree(mark)

    async def _pause(self, started: float) -> None:
        self._failures = 0 if time.monotonic() - started > _STEADY_SECONDS else self._failures + 1
        self._enter(State.PAUSING)
        await self._wait(_PAUSES[min(self._failures, len(_PAUSES)) - 1] if self._failures else _PAUSES[0])

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    @property
    def _output(self) -> Path:
        return self._home.log(self.program.output or self.program.name)

    def _enter(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._changed()

    def _note(self, text: str) -> None:
        with self._output.open("a", encoding="utf-8") as log:
            log.write(f"[supervisor] {self.program.name} {text}\n")


def hold_path(home: Home, name: str) -> Path:
    return home.run / f"{name}.hold"
