"""Whom a document can name: enterprises, teams and client firms as identity tells them, and the 委托 as reference tells them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.events.identity import ClientRegistered, EnterpriseRegistered, TeamRegistered
from contracts.events.reference import AuthorisationChanged
from services.entry.document.ownership import Owner
from services.newest import columns, newest
from services.references import wrong_reference


async def remember_enterprises(connection: Connection, events: Sequence[Received]) -> None:
    """Enterprises as identity tells them; an older version changes nothing."""
    await keep_enterprises(
        connection, newest(events, EnterpriseRegistered, lambda e: e.enterprise_id, lambda e: e.version)
    )


async def keep_enterprises(connection: Connection, told: Sequence[EnterpriseRegistered]) -> None:
    """The rows of these, none of them twice."""
    names = ("enterprise_id", "tenant_id", "version", "name", "customs_code", "uscc", "status")
    await connection.execute(
        "INSERT INTO enterprises AS e (enterprise_id, tenant_id, version, name, customs_code, uscc, status, route) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[]) "
        "ON CONFLICT (enterprise_id) DO UPDATE SET version = excluded.version, name = excluded.name, "
        "customs_code = excluded.customs_code, uscc = excluded.uscc, status = excluded.status, route = excluded.route "
        "WHERE e.version < excluded.version",
        *columns(told, *names),
        [event.route.model_dump() for event in told],
    )


async def remember_teams(connection: Connection, events: Sequence[Received]) -> None:
    """Teams as identity tells them; an older version changes nothing."""
    told = newest(events, TeamRegistered, lambda e: e.team_id, lambda e: e.version)
    await connection.execute(
        "INSERT INTO teams AS t (team_id, tenant_id, version, name, status) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[]) "
        "ON CONFLICT (team_id) DO UPDATE SET version = excluded.version, name = excluded.name, "
        "status = excluded.status WHERE t.version < excluded.version",
        *columns(told, "team_id", "tenant_id", "version", "name", "status"),
    )


async def remember_clients(connection: Connection, events: Sequence[Received]) -> None:
    """Client firms as identity tells them; an older version changes nothing."""
    told = newest(events, ClientRegistered, lambda e: e.client_id, lambda e: e.version)
    names = ("client_id", "tenant_id", "version", "name", "customs_code", "uscc", "status")
    await connection.execute(
        "INSERT INTO clients AS c (client_id, tenant_id, version, name, customs_code, uscc, status) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[]) "
        "ON CONFLICT (client_id) DO UPDATE SET version = excluded.version, "
        "name = excluded.name, customs_code = excluded.customs_code, uscc = excluded.uscc, status = excluded.status "
        "WHERE c.version < excluded.version",
        *columns(told, *names),
    )


async def remember_authorisations(connection: Connection, events: Sequence[Received]) -> None:
    """委托 as reference tells them; an older version changes nothing."""
    told = newest(events, AuthorisationChanged, lambda e: e.authorisation_id, lambda e: e.version)
    names = ("authorisation_id", "tenant_id", "version", "client_id", "enterprise_id")
    await connection.execute(
        "INSERT INTO authorisations AS a (authorisation_id, tenant_id, version, client_id, enterprise_id, "
        "valid_from, valid_until, withdrawn_on, kinds) "
        "SELECT g.one, g.tenant, g.version, g.client, g.enterprise, g.since, g.until, g.withdrawn, "
        "CASE WHEN g.kinds IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(g.kinds -> 'names')) END "
        "FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::uuid[], $6::date[], $7::date[], $8::date[], $9::jsonb[]) "
        "AS g (one, tenant, version, client, enterprise, since, until, withdrawn, kinds) "
        "ON CONFLICT (authorisation_id) DO UPDATE SET version = excluded.version, "
        "enterprise_id = excluded.enterprise_id, kinds = excluded.kinds, valid_from = excluded.valid_from, "
        "valid_until = excluded.valid_until, withdrawn_on = excluded.withdrawn_on WHERE a.version < excluded.version",
        *columns(told, *names, "valid_from", "valid_until", "withdrawn_on"),
        # Lists within a list would be an array of more dimensions.
        [None if event.kinds is None else {"names": event.kinds} for event in told],
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
