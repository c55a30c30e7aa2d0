"""Rows of one tenant do not exist for another, and databases of one service not for another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.entry_service import Entry, on
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("entry")


@pytest.fixture
async def entry(database: Database, issuer: Issuer) -> AsyncIterator[Entry]:
    async with on(database, issuer) as made:
        yield made


async def test_rows_of_another_tenant_do_not_exist(database: Database, entry: Entry) -> None:
    """One connection, tenants interleaved, after errors, and without a tenant."""
    made = await entry.saved()
    mine, other = entry.tenant_id, uuid4()
    pool = await postgres.create_pool(database.app_dsn, name="hostile", max_size=1)

    async def seen(tenant_id: UUID) -> bool:
        async with postgres.tenant_transaction(pool, tenant_id) as connection:
            found = await connection.fetchval(
                "SELECT count(*) FROM documents WHERE document_id = $1", UUID(made.json()["id"])
            )
            return bool(found)

    try:
        for _ in range(3):
            assert await seen(mine)
            assert not await seen(other)
        with pytest.raises(asyncpg.PostgresError):
            async with postgres.tenant_transaction(pool, mine) as connection:
                await connection.execute("SELECT 1/0")
        assert await pool.fetchval("SELECT count(*) FROM documents") == 0, "no tenant, no rows"
        assert not await seen(other)
        async with postgres.tenant_transaction(pool, other) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(
                        "INSERT INTO facts (document_id, key, tenant_id, outcome, occurred_at, told) "
                        "VALUES ($1, 'k', $2, 'x', now(), '{}')",
                        UUID(made.json()["id"]),
                        mine,
                    )
            changed = await connection.execute("UPDATE documents SET state = 'deleted'")
            assert changed == "UPDATE 0"
        for table in ("enterprises", "attempts", "facts", "events", "idempotency"):
            assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("ALTER TABLE documents DISABLE ROW LEVEL SECURITY")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("SET ROLE " + database.name + "_worker")
    finally:
        await pool.close()


@pytest.fixture(scope="module")
def other(servers: Servers) -> Database:
    return servers.database()


async def test_no_service_reaches_another_s_database(other: Database, database: Database) -> None:
    foreign = f"{other.app_dsn.rpartition('/')[0]}/{database.name}"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)
