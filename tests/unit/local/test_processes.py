"""Keeping real processes: started again when they die, held, found sick, stopped, and never another's pid killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from local.home import Home, read_json, write_json
from local.keeper import Keeper, State, hold_path
from local.processes import Program, mark_path, memory_bytes, read_mark, stop_orphans, write_mark

SLEEPER = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEPER]) as process:
        yield process
        process.kill()


async def _yes() -> bool:
    return True


def _program(code: str, is_ready: Callable[[], Awaitable[bool]] = _yes, **options: float) -> Program:
    return Program("thing", (sys.executable, "-c", code), is_ready, port=0, **options)  # type: ignore[arg-type]


async def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def _kept(home: Home, program: Program, story: Callable[[Keeper], Awaitable[None]]) -> Keeper:
    keeper = Keeper(program, home, lambda: None)
    task = asyncio.create_task(keeper.run())
    try:
        await story(keeper)
    finally:
        keeper.stop()
        await asyncio.wait_for(task, 10)
    assert keeper.state is State.STOPPED
    assert read_mark(home, "thing") is None
    return keeper


def test_a_killed_program_is_started_again(home: Home) -> None:
    async def story(keeper: Keeper) -> None:
        await _until(lambda: keeper.state is State.READY)
        first = keeper.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await _until(lambda: keeper.state is State.READY and keeper.pid not in (None, first))

    keeper = asyncio.run(_kept(home, _program(SLEEPER), story))
    assert keeper.restarts == 1


def test_pauses_grow_while_a_program_cannot_live(home: Home) -> None:
    async def never() -> bool:
        return False

    async def story(keeper: Keeper) -> None:
        await asyncio.sleep(2)
        assert 2 <= keeper.restarts <= 5
        assert keeper.last_exit == 7

    asyncio.run(_kept(home, _program("raise SystemExit(7)", never), story))
    assert "ended with status 7" in home.log("thing").read_text()


def test_a_program_that_is_not_there_is_no_crash(home: Home) -> None:
    program = Program("thing", ("/no/such/program",), _yes, port=0)

    async def story(keeper: Keeper) -> None:
        await _until(lambda: keeper.state is State.PAUSING)
        assert keeper.last_exit == 127

    asyncio.run(_kept(home, program, story))


def test_a_held_program_stays_down_until_released(home: Home) -> None:
    async def story(keeper: Keeper) -> None:
        await _until(lambda: keeper.state is State.READY)
        hold_path(home, "thing").touch()
        await _until(lambda: keeper.state is State.HELD)
        await asyncio.sleep(0.5)
        assert keeper.pid is None
        hold_path(home, "thing").unlink()
        await _until(lambda: keeper.state is State.READY)

    keeper = asyncio.run(_kept(home, _program(SLEEPER), story))
    assert keeper.restarts == 0, "what was asked for is no restart"


def test_a_program_that_stops_answering_is_sick_and_gets_well(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.keeper._PROBE_SECONDS", 0.05)
    answers = True

    async def is_ready() -> bool:
        return answers

    async def story(keeper: Keeper) -> None:
        nonlocal answers
        await _until(lambda: keeper.state is State.READY)
        answers = False
        await _until(lambda: keeper.state is State.SICK)
        answers = True
        await _until(lambda: keeper.state is State.READY)

    asyncio.run(_kept(home, _program(SLEEPER, is_ready), story))


def test_a_stubborn_program_is_killed_after_its_time(home: Home) -> None:
    async def story(keeper: Keeper) -> None:
        await _until(lambda: "deaf" in home.log("thing").read_text() if home.log("thing").exists() else False)

    keeper = asyncio.run(_kept(home, _program(STUBBORN, stop_seconds=0.3), story))
    assert keeper.last_exit == -signal.SIGKILL
    assert "is killed" in home.log("thing").read_text()


def test_a_mark_names_one_process_only(home: Home, sleeper: subprocess.Popen[bytes]) -> None:
    write_mark(home, "thing", sleeper.pid)
    mark = read_mark(home, "thing")
    assert mark is not None
    assert mark.pid == sleeper.pid
    deadline = time.monotonic() + 120
    while memory_bytes(mark) < 1_000_000:
        assert time.monotonic() < deadline, "it has no memory of its own yet"
        time.sleep(0.02)
    sleeper.kill()
    sleeper.wait()
    assert read_mark(home, "thing") is None


def test_orphans_are_stopped(home: Home, sleeper: subprocess.Popen[bytes]) -> None:
    write_mark(home, "entry", sleeper.pid)
    write_mark(home, "supervisor", os.getpid())
    assert stop_orphans(home, except_for="supervisor") == ["entry"]
    assert sleeper.wait(5) == -signal.SIGTERM
    assert not mark_path(home, "entry").exists()


def test_a_recycled_pid_is_left_alone(home: Home, sleeper: subprocess.Popen[bytes]) -> None:
    write_mark(home, "entry", sleeper.pid)
    data = read_json(mark_path(home, "entry"))
    assert data is not None
    write_json(mark_path(home, "entry"), data | {"created": data["created"] - 3600})
    assert stop_orphans(home, except_for="supervisor") == []
    assert sleeper.poll() is None
