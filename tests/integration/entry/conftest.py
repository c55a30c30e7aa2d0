"""Fixtures for entry on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backbone.migrate import Database
from tests.support.books import Books
from tests.support.entry_service import Entry, on
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("entry")


@pytest.fixture
async def entry(database: Database, issuer: Issuer) -> AsyncIterator[Entry]:
    async with on(database, issuer) as made:
        yield made


@pytest.fixture
async def books(database: Database, issuer: Issuer) -> AsyncIterator[Books]:
    async with on(database, issuer) as made:
        yield Books(made)
