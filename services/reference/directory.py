"""Whom master data can name: client firms and enterprises as identity tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from backbone import postgres
from backbone.auth import Principal
from backbone.cloudevents import Received
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import InvalidRequest
from contracts.events.identity import ClientRegistered, EnterpriseRegistered
from services.newest import columns, newest
from services.references import wrong_reference

MOST_SECONDS = 2.0
"""What identity has just registered is waited for so long before it counts as unknown."""
_LOOK_AGAIN_SECONDS = 0.1


async def remember_clients(connection: Connection, events: Sequence[Received]) -> None:
    """Client firms as identity tells them; an older version changes nothing."""
    told = newest(events, ClientRegistered, lambda e: e.client_id, lambda e: e.version)
    await connection.execute(
        "INSERT INTO clients AS c (client_id, tenant_id, version, name, status) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[]) "
        "ON CONFLICT (client_id) DO UPDATE SET version = excluded.version, name = excluded.name, "
        "status = excluded.status WHERE c.version < excluded.version",
        *columns(told, "client_id", "tenant_id", "version", "name", "status"),
    )


async def remember_enterprises(connection: Connection, events: Sequence[Received]) -> None:
    """Enterprises as identity tells them; an older version changes nothing."""
    told = newest(events, EnterpriseRegistered, lambda e: e.enterprise_id, lambda e: e.version)
    await connection.execute(
        "INSERT INTO enterprises AS e (enterprise_id, tenant_id, version, name, customs_code, uscc, status) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[]) "
        "ON CONFLICT (enterprise_id) DO UPDATE SET version = excluded.version, "
        "name = excluded.name, customs_code = excluded.customs_code, uscc = excluded.uscc, status = excluded.status "
        "WHERE e.version < excluded.version",
        *columns(told, "enterprise_id", "tenant_id", "version", "name", "customs_code", "uscc", "status"),
    )


async def enterprise_of(
    connection: Connection, enterprise_id: UUID | None, declaring_code: object
) -> Record | None:
    """Who would declare: the named one, that of the code, or the only one in use; None where that is not clear."""
    rows = await connection.fetch("SELECT * FROM enterprises WHERE status = 'active'")
    if enterprise_id is not None:
        rows = [row for row in rows if row["enterprise_id"] == enterprise_id]
    elif declaring_code:
        rows = [row for row in rows if row["customs_code"] == declaring_code]
    return rows[0] if len(rows) == 1 else None


async def require_known(
    pool: Pool, caller: Principal, client_id: UUID | None = None, enterprise_id: UUID | None = None
) -> None:
    """The client firm and the enterprise are the tenant's and in use. Raises InvalidRequest.

    Outside of any transaction: it waits, shortly, for what identity has just registered.
    """
    if client_id is None and enterprise_id is None:
        return
    loop = asyncio.get_running_loop()
    deadline = loop.time() + MOST_SECONDS
    while True:
        async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
            row = await connection.fetchrow(_LOOK, client_id, enterprise_id)
        assert row is not None
        looked_at = [
            wrong_reference(member, label, given, row[f"{member}_status"], row[f"{member}_name"])
            for member, label, given in (
                ("client_id", "客户", client_id),
                ("enterprise_id", "企业", enterprise_id),
            )
        ]
        found = [each for each in looked_at if each is not None]
        if not found:
            return
        if all(each.code != "unknown_reference" for each in found) or loop.time() >= deadline:
            raise InvalidRequest(problems=found)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


_LOOK = """
SELECT c.status AS client_id_status, c.name AS client_id_name, e.status AS enterprise_id_status,
  e.name AS enterprise_id_name
FROM (SELECT 1) AS one LEFT JOIN clients AS c ON c.client_id = $1 LEFT JOIN enterprises AS e ON e.enterprise_id = $2
"""
