"""What a failed test left of the platform is put right before the next one begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.home import Home
from local.keeper import State, hold_path
from local.platform import DidNotStart, NotRunning, PlatformStatus, ProgramStatus
from tests.support.wholeness import make_whole

NAMES = ("postgres", "query", "simulator")


class Played:
    """A platform of which some programs are held, and `late` do not serve until all of it starts anew."""

    def __init__(self, root: Path, *late: str) -> None:
        self.home = Home(root)
        self.home.run.mkdir(parents=True)
        self.late = set(late)
        self.started = 0

    def status(self, *, measure: bool = True) -> PlatformStatus:
        return PlatformStatus(
            "up", None, tuple(ProgramStatus(name, State.HELD, None, 1, 0, None, 0) for name in NAMES), {}
        )

    def resume(self, name: str) -> None:
        raise NotRunning(name)

    def wait_ready(self, *, seconds: float) -> None:
        held = [name for name in NAMES if hold_path(self.home, name).exists()]
        if held or self.late:
            raise DidNotStart(f"{held} {self.late}")

    def stop(self) -> None:
        self.late.clear()

    def start(self, *, seconds: float) -> None:
        self.started += 1


@pytest.mark.parametrize("late, anew", (((), 0), (("query",), 1)))
def test_all_are_let_go_also_when_one_does_not_come(tmp_path: Path, late: tuple[str, ...], anew: int) -> None:
    platform: Any = Played(tmp_path, *late)
    for name in NAMES:
        hold_path(platform.home, name).touch()
    make_whole(platform)
    assert not list(platform.home.run.glob("*.hold"))
    assert platform.started == anew
    platform.wait_ready(seconds=1)
