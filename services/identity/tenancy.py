"""Tenants, made and changed by the platform's operator; and the operator itself. For the worker role."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from backbone import postgres
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import Forbidden
from contracts.permissions import PERMISSIONS, PLATFORM_OPERATE, UNASSIGNABLE
from services.identity import client_secrets, revoking
from services.identity.bodies import NewTenantBody, TenantBody
from services.identity.refusals import TenantExists
from services.identity.tables import TENANTS
from services.identity.tokens import PLATFORM_TENANT

OPERATOR_CLIENT = "platform-operator"
_ADMINISTRATOR = "管理员"
_LOCK = 7_206_203


async def create_tenant(connection: Connection, body: NewTenantBody, password_hash: str) -> Record:
    """The tenant, its role 管理员 and that role's first holder. Raises TenantExists."""
    tenant_id = new_id()
    try:
        row = await connection.fetchrow(
            "INSERT INTO tenants (tenant_id, slug, name) VALUES ($1, $2, $3) RETURNING *",
            tenant_id,
            body.slug,
            body.name,
        )
    except asyncpg.UniqueViolationError as error:
        raise TenantExists() from error
    assert row is not None
    everything = sorted(PERMISSIONS.keys() - UNASSIGNABLE)
    role_id = await _add_role(connection, tenant_id, _ADMINISTRATOR, everything)
    user_id = new_id()
    await connection.execute(
        "INSERT INTO users (user_id, tenant_id, status, login, name, password_hash) VALUES ($1, $2, 'active', $3, $4, $5)",
        user_id,
        tenant_id,
        body.admin.login,
        body.admin.name,
        password_hash,
    )
    await connection.execute(
        "INSERT INTO assignments (assignment_id, tenant_id, user_id, position, role_id) VALUES ($1, $2, $3, 0, $4)",
        new_id(),
        tenant_id,
        user_id,
        role_id,
    )
    return row


async def change_tenant(connection: Connection, tenant_id: UUID, version: int, body: TenantBody) -> Record:
    """A suspended tenant's people get no new tokens, and those they have end. Raises NotFound, StaleVersion."""
    row = await TENANTS.update(connection, tenant_id, version, body.model_dump())
    if row["status"] == "suspended":
        await revoking.revoke(connection, tenant_id, "tenants", [tenant_id], "suspended")
    return row


async def ensure_operator(pool: Pool, secret: str) -> None:
    """The API client `platform-operator` in the platform's own tenant, with this secret; may be repeated."""
    async with postgres.transaction(pool) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.execute(
            "INSERT INTO tenants (tenant_id, slug, name) VALUES ($1, 'platform', '平台运营方') ON CONFLICT DO NOTHING",
            PLATFORM_TENANT,
        )
        changed = await connection.execute(_RENEW, OPERATOR_CLIENT, client_secrets.hash_of(secret))
        if changed != "UPDATE 0":
            return
        role_id = await _add_role(connection, PLATFORM_TENANT, "平台运营", [PLATFORM_OPERATE])
        api_client_id = new_id()
        await connection.execute(
            "INSERT INTO api_clients (api_client_id, tenant_id, status, client_id, name, secret_sha256) "
            "VALUES ($1, $2, 'active', $3, '平台运营方', $4)",
            api_client_id,
            PLATFORM_TENANT,
            OPERATOR_CLIENT,
            client_secrets.hash_of(secret),
        )
        await connection.execute(
            "INSERT INTO assignments (assignment_id, tenant_id, api_client_id, position, role_id) "
            "VALUES ($1, $2, $3, 0, $4)",
            new_id(),
            PLATFORM_TENANT,
            api_client_id,
            role_id,
        )


_RENEW = """
UPDATE api_clients SET secret_sha256 = $2, previous_sha256 = NULL, previous_until = NULL, updated_at = now()
WHERE client_id = $1
"""


async def _add_role(connection: Connection, tenant_id: UUID, name: str, permissions: list[str]) -> UUID:
    role_id = new_id()
    await connection.execute(
        "INSERT INTO roles (role_id, tenant_id, name, permissions) VALUES ($1, $2, $3, $4)",
        role_id,
        tenant_id,
        name,
        permissions,
    )
    return role_id


def require_operator(caller: Principal) -> None:
    """Raises Forbidden unless the caller operates the platform, which only its own tenant can."""
    if caller.tenant_id != PLATFORM_TENANT:
        raise Forbidden("只有平台运营方可以执行该操作")
    caller.require(PLATFORM_OPERATE)
