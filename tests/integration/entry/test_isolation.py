"""Rows of one tenant do not exist for another, and databases of one service not for another."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.entry_service import Entry, on
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio


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


# Queues of the backbone that only the worker role reaches.
_WORKER_ONLY = frozenset({"jobs", "inbox", "outbox"})


async def test_every_table_with_a_tenant_is_protected(database: Database, entry: Entry) -> None:
    """Tables are asked for, so that none is forgotten; those of the life of a document have rows of ours in them."""
    document_id = await entry.approved()
    await entry.client.put(f"/v1/review-rules/{entry.enterprise_id}/inventory", json={"required": True})
    await entry.act(document_id, "cancellation-requests", {"reason": "不做了"})
    await entry.worker_pool.execute(
        "INSERT INTO leanings VALUES ($1, $2, 'inventory', 'QD1')", UUID(document_id), entry.tenant_id
    )
    tables = await entry.worker_pool.fetch(
        "SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS protected FROM pg_class AS c "
        "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
        "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
    )
    names = {row["name"] for row in tables} - _WORKER_ONLY
    assert {"documents", "attempts", "facts", "rounds", "leanings", "review_rules", "events"} <= names
    assert [row["name"] for row in tables if not row["protected"] and row["name"] in names] == []
    pool = await postgres.create_pool(database.app_dsn, name="hostile", max_size=1)
    try:
        for name in sorted(names):
            counted = f"SELECT count(*) FROM {name}"
            assert await pool.fetchval(counted) == 0, f"{name}: no tenant, no rows"
            async with postgres.tenant_transaction(pool, uuid4()) as connection:
                assert await connection.fetchval(counted) == 0, f"{name}: rows of another tenant"
        async with postgres.tenant_transaction(pool, entry.tenant_id) as connection:
            for name in ("rounds", "leanings", "review_rules"):
                assert await connection.fetchval(f"SELECT count(*) FROM {name}") == 1, name
        async with postgres.tenant_transaction(pool, uuid4()) as connection:
            for statement in (
                "UPDATE rounds SET withdrawn_at = now()",
                "DELETE FROM leanings",
                "UPDATE review_rules SET required = false",
            ):
                assert (await connection.execute(statement)).split()[-1] == "0"
            for row in ("leanings VALUES ($1, $2, 'inventory', 'QD2')",):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute(f"INSERT INTO {row}", UUID(document_id), entry.tenant_id)
    finally:
        await pool.close()


async def test_another_tenant_reaches_nothing_of_a_life(
    database: Database, entry: Entry, issuer: Issuer
) -> None:
    document_id = await entry.approved()
    async with on(database, issuer) as stranger:
        for path in ("", "/versions", "/diff", "/actions"):
            answer = await stranger.client.get(f"/v1/inventories/{document_id}{path}")
            assert answer.status_code == 404, (path, answer.text)
        for path, body in (
            ("change-requests", {"reason": "不做了"}),
            ("cancellation-requests", {"reason": "不做了"}),
            ("withdrawals", {}),
            ("review-requests", {}),
            ("review-recalls", {}),
            ("review-approvals", {}),
            ("review-rejections", {}),
            ("marks", {"fields": {"entry_no": "310520261050000001"}, "reason": "已申报"}),
            ("resend-requests", {}),
            ("resolutions", {"outcome": "not_received", "reason": "核对过"}),
            ("copy", {}),
        ):
            answer = await stranger.post(f"/{document_id}/{path}", body, if_match='"3"')
            assert answer.status_code == 404, (path, answer.text)
        rule = f"/v1/review-rules/{entry.enterprise_id}/inventory"
        assert (await stranger.client.put(rule, json={"required": True})).status_code in (404, 422)
        assert (await stranger.client.get("/v1/review-rules")).json()["items"] == []


@pytest.fixture(scope="module")
def other(servers: Servers) -> Database:
    return servers.database()


async def test_no_service_reaches_another_s_database(other: Database, database: Database) -> None:
    foreign = f"{other.app_dsn.rpartition('/')[0]}/{database.name}"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)
