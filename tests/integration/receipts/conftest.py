"""Fixtures for receipts on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.receipts_bench import Bench
from tests.support.receipts_service import Running, running_receipts


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("receipts")


@pytest.fixture
async def bench(database: Database, tmp_path: Path) -> AsyncIterator[Bench]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=6)
    made = Bench(database, pool, tmp_path)
    await made.clear()
    yield made
    await pool.close()


@pytest.fixture(scope="module")
def running(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_receipts(servers, issuer, tmp_path_factory.mktemp("exchange")) as started:
        yield started
