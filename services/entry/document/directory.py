"""Whom a document can name: teams and client firms as identity tells them, and the 委托 as reference tells them."""

from __future__ import annotations

from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.events.identity import ClientRegistered, TeamRegistered
from contracts.events.reference import AuthorisationChanged
from services.entry.document.ownership import Owner
from services.references import wrong_reference


async def remember_team(connection: Connection, received: Received) -> None:
    """A team as identity tells it; an older version changes nothing."""
    event = received.event
    assert isinstance(event, TeamRegistered)
    await connection.execute(
        "INSERT INTO teams AS t (team_id, tenant_id, version, name, status) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (team_id) DO UPDATE SET version = excluded.version, name = excluded.name, "
        "status = excluded.status WHERE t.version < excluded.version",
        event.team_id,
        event.tenant_id,
        event.version,
        event.name,
        event.status,
    )


async def remember_client(connection: Connection, received: Received) -> None:
    """A client firm as identity tells it; an older version changes nothing."""
    event = received.event
    assert isinstance(event, ClientRegistered)
    await connection.execute(
        "INSERT INTO clients AS c (client_id, tenant_id, version, name, customs_code, uscc, status) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (client_id) DO UPDATE SET version = excluded.version, "
        "name = excluded.name, customs_code = excluded.customs_code, uscc = excluded.uscc, status = excluded.status "
        "WHERE c.version < excluded.version",
        event.client_id,
        event.tenant_id,
        event.version,
        event.name,
        event.customs_code,
        event.uscc,
        event.status,
    )


async def remember_authorisation(connection: Connection, received: Received) -> None:
    """A 委托 as reference tells it; an older version changes nothing."""
    event = received.event
    assert isinstance(event, AuthorisationChanged)
    await connection.execute(
        "INSERT INTO authorisations AS a (authorisation_id, tenant_id, version, client_id, enterprise_id, kinds, "
        "valid_from, valid_until, withdrawn_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (authorisation_id) DO UPDATE SET version = excluded.version, "
        "enterprise_id = excluded.enterprise_id, kinds = excluded.kinds, valid_from = excluded.valid_from, "
        "valid_until = excluded.valid_until, withdrawn_on = excluded.withdrawn_on WHERE a.version < excluded.version",
        event.authorisation_id,
        event.tenant_id,
        event.version,
        event.client_id,
        event.enterprise_id,
        event.kinds,
        event.valid_from,
        event.valid_until,
        event.withdrawn_on,
    )


async def require_known(connection: Connection, owner: Owner) -> None:
    """The team and the client firm are the tenant's and in use. Raises InvalidRequest, pointing at the query.

    While entry has heard of no team (client firm) of the tenant at all, any is taken: it may not have been told yet.
    """
    if owner.team_id is None and owner.client_id is None:
        return
    row = await connection.fetchrow(_LOOK, owner.team_id, owner.client_id)
    assert row is not None
    looked_at = [
        wrong_reference(member, label, given, row[f"{member}_status"], row[f"{member}_name"])
        for member, label, given in (
            ("team_id", "班组", owner.team_id),
            ("client_id", "客户", owner.client_id),
        )
        if row[f"{member}_any"]
    ]
    if found := [each for each in looked_at if each is not None]:
        raise InvalidRequest(problems=found)


async def require_client(connection: Connection, client_id: UUID | None) -> None:
    """As `require_known` of a client firm alone."""
    await require_known(connection, Owner(None, None, client_id))


_LOOK = """
SELECT t.status AS team_id_status, t.name AS team_id_name, EXISTS (SELECT 1 FROM teams) AS team_id_any,
  c.status AS client_id_status, c.name AS client_id_name, EXISTS (SELECT 1 FROM clients) AS client_id_any
FROM (SELECT 1) AS one LEFT JOIN teams AS t ON t.team_id = $1 LEFT JOIN clients AS c ON c.client_id = $2
"""
