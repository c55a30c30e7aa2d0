"""The whole platform as processes, for the flow room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.platform import Platform
from tests.support.desk import Desk, opened
from tests.support.infrastructure import HOME, PORT_BASE, fresh
from tests.support.wholeness import make_whole


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Every service, the edge and the simulator with delays a tenth of the usual; stopped at the end."""
    arguments = ("--speed", "0.1", "--poll", "0.02")
    made = Platform(HOME / "flow", PORT_BASE + 100, simulator_arguments=arguments, watched=True)
    with fresh(made) as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def whole_for_the_module(request: pytest.FixtureRequest) -> None:
    """Before the desks that a whole module shares."""
    _whole(request)


@pytest.fixture(autouse=True)
def whole(request: pytest.FixtureRequest) -> None:
    """Whatever the test before stopped, held or paused serves again: one that fails drags no other along."""
    _whole(request)


def _whole(request: pytest.FixtureRequest) -> None:
    if "platform" in request.fixturenames:
        make_whole(request.getfixturevalue("platform"))


@pytest.fixture
def desk(platform: Platform) -> Iterator[Desk]:
    """A new tenant."""
    yield from opened(platform)
