"""Fixtures for query on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backbone import postgres
from backbone.migrate import Database
from backbone.postgres import Pool
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.query_views import Views, views


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("query")


@pytest.fixture
async def app(database: Database) -> AsyncIterator[Pool]:
    """One connection, so that every request follows another one on it."""
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=1)
    yield pool
    await pool.close()


@pytest.fixture
async def query(database: Database, issuer: Issuer) -> AsyncIterator[Views]:
    async with views(database, issuer) as made:
        yield made
