"""Row-level security under identity, tried with hostile intent: one connection, interleaved tenants, after errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from backbone import postgres
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from services.identity import directory
from services.identity.bodies import AdministratorBody, EnterpriseBody, NewTenantBody, RoleBody
from services.identity.tables import ENTERPRISES, ROLES
from services.identity.tenancy import create_tenant
from tests.support.identity_client import PASSWORD, enterprise

TABLES = (
    "tenants",
    "enterprises",
    "teams",
    "clients",
    "roles",
    "users",
    "api_clients",
    "site_agents",
    "user_cards",
    "assignments",
    "sessions",
    "preferences",
    "events",
    "idempotency",
)
UNSEEN = ("signing_keys", "sealed_secrets", "login_attempts", "inbox")


@asynccontextmanager
async def pools(database: Database) -> AsyncIterator[tuple[Pool, Pool]]:
    """The app role on a single connection, and the worker role."""
    app = await postgres.create_pool(database.app_dsn, name="test", max_size=1)
    worker = await postgres.create_pool(database.worker_dsn, name="test", max_size=2)
    try:
        yield app, worker
    finally:
        await app.close()
        await worker.close()


async def tenant(app: Pool, worker: Pool, slug: str) -> tuple[UUID, UUID]:
    """A tenant with an administrator and an enterprise; their ids."""
    admin = AdministratorBody(login="admin", name="示例", password=PASSWORD)
    async with postgres.transaction(worker) as connection:
        row = await create_tenant(
            connection, NewTenantBody(slug=slug, name="示例", admin=admin), "$argon2id$none"
        )
    found: UUID = row["tenant_id"]
    body = EnterpriseBody.model_validate(enterprise())
    async with postgres.tenant_transaction(app, found) as connection:
        made = await directory.create_enterprise(connection, found, body)
    return found, made["enterprise_id"]


async def tenants_seen(connection: Connection) -> set[UUID]:
    seen: set[UUID] = set()
    for table in TABLES:
        seen |= {row["tenant_id"] for row in await connection.fetch(f"SELECT tenant_id FROM {table}")}
    return seen


def test_one_connection_never_shows_another_tenant(database: Database) -> None:
    async def check() -> None:
        async with pools(database) as (app, worker):
            (one, of_one), (two, of_two) = await tenant(app, worker, "one"), await tenant(app, worker, "two")
            for mine, other_row in ((one, of_two), (two, of_one), (one, of_two)):
                async with postgres.tenant_transaction(app, mine) as connection:
                    assert await tenants_seen(connection) == {mine}
                    sql = "UPDATE enterprises SET name = 'x' WHERE enterprise_id = $1"
                    assert await connection.execute(sql, other_row) == "UPDATE 0"
                with pytest.raises(ZeroDivisionError):
                    async with postgres.tenant_transaction(app, mine):
                        raise ZeroDivisionError
                with pytest.raises(asyncpg.DivisionByZeroError):
                    async with postgres.tenant_transaction(app, mine) as connection:
                        await connection.execute("SELECT 1 / 0")
                # After errors, and without a tenant, there is nothing.
                async with app.acquire() as connection:
                    assert await tenants_seen(connection) == set()
                async with postgres.tenant_transaction(app, new_id()) as connection:
                    assert await tenants_seen(connection) == set()
            async with postgres.transaction(worker) as connection:
                assert await tenants_seen(connection) >= {one, two}

    asyncio.run(check())


def test_rows_cannot_be_put_into_or_hung_on_another_tenant(database: Database) -> None:
    async def check() -> None:
        async with pools(database) as (app, worker):
            (mine, _), (theirs, _) = await tenant(app, worker, "mine"), await tenant(app, worker, "theirs")
            body = {**EnterpriseBody.model_validate(enterprise()).model_dump()}
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with postgres.tenant_transaction(app, mine) as connection:
                    await ENTERPRISES.insert(connection, theirs, new_id(), body)
            async with postgres.tenant_transaction(app, theirs) as connection:
                role = await directory.create_role(
                    connection, theirs, RoleBody(name="角色", permissions=frozenset({"document.read"}))
                )
                user = await connection.fetchval("SELECT user_id FROM users")
            # Foreign keys are checked beside row-level security; the tenant is part of them.
            sql = (
                "INSERT INTO assignments (assignment_id, tenant_id, user_id, position, role_id) "
                "VALUES ($1, $2, $3, 0, $4)"
            )
            async with postgres.tenant_transaction(app, mine) as connection:
                my_user = await connection.fetchval("SELECT user_id FROM users")
                my_role = await connection.fetchval("SELECT role_id FROM roles")
            for holder, held in ((my_user, role["role_id"]), (user, my_role)):
                with pytest.raises(asyncpg.ForeignKeyViolationError):
                    async with postgres.tenant_transaction(app, mine) as connection:
                        await connection.execute(sql, new_id(), mine, holder, held)
            async with postgres.tenant_transaction(app, theirs) as connection:
                assert (await ROLES.get(connection, role["role_id"]))["version"] == 1

    asyncio.run(check())


def test_the_app_role_gets_at_no_key_and_no_policy(database: Database) -> None:
    async def check() -> None:
        async with pools(database) as (app, _):
            statements = [f"SELECT * FROM {table}" for table in UNSEEN]
            statements += [f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY" for table in ("users", "roles")]
            statements += ["UPDATE tenants SET slug = 'x'", "DELETE FROM users", "DELETE FROM enterprises"]
            for statement in statements:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await app.execute(statement)
            owner = database.app_dsn.rpartition("/")[2] + "_owner"
            with pytest.raises(asyncpg.PostgresError):
                await app.execute(f'SET ROLE "{owner}"')
            for table in TABLES:
                forced = await app.fetchval(
                    "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = $1::text::regclass",
                    table,
                )
                assert forced, table

    asyncio.run(check())
