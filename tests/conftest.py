"""Fixtures for every room of tests. The servers start when the first test asks for them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from customs.codes import tariff
from tests.support.infrastructure import Servers, running
from tests.support.issuer import Issuer, issuing

settings.register_profile("ci", deadline=None, print_blob=True)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests marked `anyio` run on asyncio, as the services do."""
    return "asyncio"


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Kafka for the whole run."""
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """Somebody who signs tokens."""
    with issuing() as made:
        yield made


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own `BONDGATE_…` settings must not change what a test sees."""
    for name in list(os.environ):
        if name.startswith("BONDGATE_") and not name.startswith(("BONDGATE_TEST_", "BONDGATE_CACHE_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_tariff_of_another_test() -> Iterator[None]:
    """A test that asks the tariff, also by the command line, leaves none behind in the process."""
    yield
    tariff.use(None)
