"""A database of the signer a module, emptied for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.infrastructure import Servers
from tests.support.signer_bench import Bench


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("signer")


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    owner = await postgres.connect(database.owner_dsn, name="test")
    await owner.execute("TRUNCATE jobs, events, outbox, evidence, messages, chain_heads, software_keys")
    await owner.close()
    pool = await postgres.create_pool(database.worker_dsn, name="test")
    yield Bench(database, pool)
    await pool.close()
