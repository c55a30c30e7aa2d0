"""Tokens are taken back in the transaction of what makes them wrong, and every service is told (ADR 22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from backbone import outbox
from backbone.postgres import Connection
from contracts.events.identity import LONGEST_TOKEN, AccessRevoked

Reason = Literal["suspended", "rights_changed", "password_changed", "logged_out"]
Scope = Literal["tenant", "holder", "session"]
Whose = Literal["users", "api_clients", "site_agents", "tenants"]

_NEXT: Mapping[Whose, str] = {
    "tenants": "UPDATE tenants SET generation = generation + 1 WHERE tenant_id = ANY($1) RETURNING tenant_id, generation",
    "users": "UPDATE users SET generation = generation + 1 WHERE user_id = ANY($1) RETURNING user_id, generation",
    "api_clients": "UPDATE api_clients SET generation = generation + 1 WHERE api_client_id = ANY($1) "
    "RETURNING api_client_id, generation",
    "site_agents": "UPDATE site_agents SET generation = generation + 1 WHERE site_agent_id = ANY($1) "
    "RETURNING site_agent_id, generation",
}


async def revoke(
    connection: Connection, tenant_id: UUID, whose: Whose, ids: Sequence[UUID], reason: Reason
) -> None:
    """Every token given so far to these holders, or in this tenant. Wake the relay after the commit."""
    rows = await connection.fetch(_NEXT[whose], ids)
    scope: Scope = "tenant" if whose == "tenants" else "holder"
    told = [_event(tenant_id, scope, row[0], reason, row["generation"]) for row in rows]
    await outbox.append(connection, told, tenant_id=tenant_id)


async def end_session(connection: Connection, tenant_id: UUID, session_id: UUID) -> None:
    """The tokens of one session, or the one token that is its own session."""
    await outbox.append(
        connection, [_event(tenant_id, "session", session_id, "logged_out", 1)], tenant_id=tenant_id
    )


def _event(tenant_id: UUID, scope: Scope, identity: UUID, reason: Reason, generation: int) -> AccessRevoked:
    now = datetime.now(UTC)
    return AccessRevoked(
        tenant_id=tenant_id,
        scope=scope,
        id=identity,
        generation=generation,
        reason=reason,
        until=now + LONGEST_TOKEN,
        recorded_at=now,
    )
