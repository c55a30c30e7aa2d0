"""Use cases over the directory of one tenant; each works in the caller's tenant transaction."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from backbone import outbox
from backbone.ids import new_id
from backbone.postgres import Connection, Record
from contracts.events.event import Event, Route
from contracts.events.identity import ClientRegistered, EnterpriseRegistered, TeamRegistered
from services.identity import assignments, client_secrets, firm_words, passwords, revoking
from services.identity.bodies import (
    ApiClientBody,
    ClientBody,
    EnterpriseBody,
    HolderBody,
    NewUserBody,
    RoleBody,
    TeamBody,
    UserBody,
)
from services.identity.refusals import StillAssigned
from services.identity.tables import API_CLIENTS, CLIENTS, ENTERPRISES, ROLES, TEAMS, USERS, stale


async def create_enterprise(connection: Connection, tenant_id: UUID, body: EnterpriseBody) -> Record:
    row = await ENTERPRISES.insert(connection, tenant_id, new_id(), _enterprise(body))
    return await _tell(connection, _enterprise_event(row), row)


async def change_enterprise(
    connection: Connection, tenant_id: UUID, identity: UUID, version: int, body: EnterpriseBody
) -> Record:
    row = await ENTERPRISES.update(connection, identity, version, _enterprise(body))
    return await _tell(connection, _enterprise_event(row), row)


def _enterprise(body: EnterpriseBody) -> dict[str, object]:
    values = body.model_dump()
    if body.route.operator_customs_code is None:
        values["route"]["operator_customs_code"] = body.customs_code
    return values


async def _tell(connection: Connection, event: Event, row: Record) -> Record:
    await outbox.append(connection, [event], tenant_id=row["tenant_id"])
    return row


def _enterprise_event(row: Record) -> Event:
    return EnterpriseRegistered(
        tenant_id=row["tenant_id"],
        enterprise_id=row["enterprise_id"],
        version=row["version"],
        name=row["name"],
        customs_code=row["customs_code"],
        uscc=row["uscc"],
        status=row["status"],
        route=Route.model_validate(row["route"]),
        recorded_at=row["updated_at"],
    )


async def create_team(connection: Connection, tenant_id: UUID, body: TeamBody) -> Record:
    row = await TEAMS.insert(connection, tenant_id, new_id(), body.model_dump())
    return await _tell(connection, _team_event(row), row)


async def change_team(
    connection: Connection, tenant_id: UUID, identity: UUID, version: int, body: TeamBody
) -> Record:
    row = await TEAMS.update(connection, identity, version, body.model_dump())
    return await _tell(connection, _team_event(row), row)


def _team_event(row: Record) -> Event:
    return TeamRegistered(
        tenant_id=row["tenant_id"],
        team_id=row["team_id"],
        version=row["version"],
        name=row["name"],
        status=row["status"],
        recorded_at=row["updated_at"],
    )


async def create_client(connection: Connection, tenant_id: UUID, body: ClientBody) -> Record:
    row = await CLIENTS.insert(connection, tenant_id, new_id(), body.model_dump())
    return await _tell(connection, _client_event(row), row)


async def change_client(
    connection: Connection, tenant_id: UUID, identity: UUID, version: int, body: ClientBody
) -> Record:
    row = await CLIENTS.update(connection, identity, version, body.model_dump())
    return await _tell(connection, _client_event(row), row)


def _client_event(row: Record) -> Event:
    return ClientRegistered(
        tenant_id=row["tenant_id"],
        client_id=row["client_id"],
        version=row["version"],
        name=row["name"],
        customs_code=row["customs_code"],
        uscc=row["uscc"],
        status=row["status"],
        recorded_at=row["updated_at"],
    )


async def create_role(connection: Connection, tenant_id: UUID, body: RoleBody) -> Record:
    return await ROLES.insert(connection, tenant_id, new_id(), _role(body))


async def change_role(
    connection: Connection, tenant_id: UUID, identity: UUID, version: int, body: RoleBody
) -> Record:
    """What is taken away ends the tokens of all holders; what is added, they have with the next. Raises LastAdministrator."""
    async with assignments.keeping_an_administrator(connection, tenant_id):
        before = await ROLES.get(connection, identity)
        row = await ROLES.update(connection, identity, version, _role(body))
    if set(before["permissions"]) - body.permissions:
        for whose, ids in (await assignments.holders(connection, identity)).items():
            await revoking.revoke(connection, tenant_id, whose, ids, "rights_changed")
    return row


async def delete_role(connection: Connection, identity: UUID, version: int) -> None:
    """Raises NotFound, StaleVersion, StillAssigned."""
    row = await ROLES.get(connection, identity)
    if row["version"] != version:
        raise stale(ROLES.noun)
    try:
        status = await connection.execute(
            "DELETE FROM roles WHERE role_id = $1 AND version = $2", identity, version
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise StillAssigned() from error
    if status == "DELETE 0":
        raise stale(ROLES.noun)


def _role(body: RoleBody) -> dict[str, object]:
    return {"name": body.name, "permissions": sorted(body.permissions)}


async def create_user(
    connection: Connection, tenant_id: UUID, body: NewUserBody, password_hash: str
) -> Record:
    """Raises InvalidRequest for a password made of the firm's name, beside what `Table.insert` raises."""
    passwords.require_fit(body.password, await firm_words.of_tenant(connection, tenant_id), "/password")
    values = {**_holder(body), "login": body.login, "password_hash": password_hash}
    row = await USERS.insert(connection, tenant_id, new_id(), values)
    await assignments.replace(connection, tenant_id, "user_id", row["user_id"], body.assignments)
    return row


async def change_user(
    connection: Connection, tenant_id: UUID, identity: UUID, version: int, body: UserBody
) -> Record:
    """Raises LastAdministrator beside what `Table.update` raises."""
    async with assignments.keeping_an_administrator(connection, tenant_id):
        row = await USERS.update(connection, identity, version, {**_holder(body), "login": body.login})
        changed = await assignments.replace(connection, tenant_id, "user_id", identity, body.assignments)
    await _revoke_if(changed, connection, row, "users", identity)
    return row


async def create_api_client(
    connection: Connection, tenant_id: UUID, body: ApiClientBody, secret: str
) -> Record:
    values = {
        **_holder(body),
        "client_id": client_secrets.new_client_id(),
        "secret_sha256": client_secrets.hash_of(secret),
    }
    row = await API_CLIENTS.insert(connection, tenant_id, new_id(), values)
    await assignments.replace(connection, tenant_id, "api_client_id", row["api_client_id"], body.assignments)
    return row


async def change_api_client(
    connection: Connection, tenant_id: UUID, identity: UUID, version: int, body: ApiClientBody
) -> Record:
    row = await API_CLIENTS.update(connection, identity, version, _holder(body))
    changed = await assignments.replace(connection, tenant_id, "api_client_id", identity, body.assignments)
    await _revoke_if(changed, connection, row, "api_clients", identity)
    return row


async def _revoke_if(
    changed: bool, connection: Connection, row: Record, whose: revoking.Whose, identity: UUID
) -> None:
    """Tokens of who is suspended, or holds something else than before, count no longer."""
    if row["status"] == "suspended":
        await revoking.revoke(connection, row["tenant_id"], whose, [identity], "suspended")
    elif changed:
        await revoking.revoke(connection, row["tenant_id"], whose, [identity], "rights_changed")


async def renew_secret(connection: Connection, identity: UUID, secret: str, *, overlap_hours: int) -> Record:
    """A new secret; the one before is accepted for `overlap_hours` more. Raises NotFound."""
    row = await connection.fetchrow(_RENEW, identity, client_secrets.hash_of(secret), overlap_hours)
    return row if row is not None else await API_CLIENTS.get(connection, identity)


_RENEW = """
UPDATE api_clients SET previous_sha256 = secret_sha256, previous_until = now() + make_interval(hours => $3),
  secret_sha256 = $2, version = version + 1, updated_at = now()
WHERE api_client_id = $1 RETURNING *
"""


def _holder(body: HolderBody) -> dict[str, object]:
    return {"name": body.name, "status": body.status}
