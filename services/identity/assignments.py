"""Roles within scopes: who holds what, and that somebody can still administer the tenant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

from backbone.ids import new_id
from backbone.postgres import Connection, Record
from backbone.refusals import InvalidRequest
from contracts.permissions import TENANT_MANAGE
from contracts.problems import Problem, problem
from services.identity.bodies import AssignmentBody
from services.identity.refusals import LastAdministrator

Holder = Literal["user_id", "api_client_id"]
_LOCK_SPACE = 7_206_202

# What an assignment names → the column that holds its ids, and what a clerk calls it.
_REFERENCES = {
    "enterprises": ("SELECT enterprise_id FROM enterprises WHERE enterprise_id = ANY($1)", "企业"),
    "teams": ("SELECT team_id FROM teams WHERE team_id = ANY($1)", "班组"),
    "clients": ("SELECT client_id FROM clients WHERE client_id = ANY($1)", "客户"),
}
_ROLES = "SELECT role_id FROM roles WHERE role_id = ANY($1) FOR KEY SHARE"


async def of(
    connection: Connection, holder: Holder, identities: Sequence[UUID]
) -> Mapping[UUID, Sequence[Record]]:
    """Assignments by holder, in the order they were given."""
    rows = await connection.fetch(_HELD[holder], identities)
    held: dict[UUID, list[Record]] = defaultdict(list)
    for row in rows:
        held[row[holder]].append(row)
    return held


_HELD: Mapping[Holder, str] = {
    "user_id": "SELECT * FROM assignments WHERE user_id = ANY($1) ORDER BY position",
    "api_client_id": "SELECT * FROM assignments WHERE api_client_id = ANY($1) ORDER BY position",
}
_CLEAR: Mapping[Holder, str] = {
    "user_id": "DELETE FROM assignments WHERE user_id = $1",
    "api_client_id": "DELETE FROM assignments WHERE api_client_id = $1",
}
_ADD: Mapping[Holder, str] = {
    holder: f"""
    INSERT INTO assignments (assignment_id, tenant_id, {holder}, position, role_id, enterprises, teams, clients)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    """  # noqa: S608 - one of two column names
    for holder in ("user_id", "api_client_id")
}


async def replace(
    connection: Connection,
    tenant_id: UUID,
    holder: Holder,
    identity: UUID,
    given: Sequence[AssignmentBody],
) -> bool:
    """Let the holder have exactly these; answers whether that is a change. Raises InvalidRequest for what the tenant
    does not have."""
    await _check_references(connection, given)
    wanted = [
        (
            each.role_id,
            *(None if ids is None else sorted(ids) for ids in (each.enterprises, each.teams, each.clients)),
        )
        for each in given
    ]
    held = (await of(connection, holder, [identity])).get(identity, ())
    if wanted == [
        tuple(row[name] for name in ("role_id", "enterprises", "teams", "clients")) for row in held
    ]:
        return False
    await connection.execute(_CLEAR[holder], identity)
    for position, columns in enumerate(wanted):
        await connection.execute(_ADD[holder], new_id(), tenant_id, identity, position, *columns)
    return True


async def holders(
    connection: Connection, role_id: UUID
) -> Mapping[Literal["users", "api_clients"], list[UUID]]:
    """Who holds the role."""
    rows = await connection.fetch(
        "SELECT user_id, api_client_id FROM assignments WHERE role_id = $1", role_id
    )
    users = sorted({row["user_id"] for row in rows} - {None})
    return {"users": users, "api_clients": sorted({row["api_client_id"] for row in rows} - {None})}


async def _check_references(connection: Connection, given: Sequence[AssignmentBody]) -> None:
    wrong: list[Problem] = []
    roles = await _existing(connection, _ROLES, {each.role_id for each in given})
    known = {
        name: await _existing(connection, sql, {i for each in given for i in each.scopes().get(name, ())})
        for name, (sql, _) in _REFERENCES.items()
    }
    for number, each in enumerate(given):
        pointer = f"/assignments/{number}"
        place = f"授权第{number + 1}项的"
        if each.role_id not in roles:
            wrong.append(_unknown(f"{pointer}/role_id", f"{place}角色", each.role_id))
        for name, ids in each.scopes().items():
            label = f"{place}{_REFERENCES[name][1]}"
            wrong += [_unknown(f"{pointer}/{name}", label, i) for i in sorted(ids - known[name])]
    if wrong:
        raise InvalidRequest(problems=wrong)


async def _existing(connection: Connection, sql: str, identities: set[UUID]) -> frozenset[UUID]:
    if not identities:
        return frozenset()
    return frozenset(row[0] for row in await connection.fetch(sql, sorted(identities)))


def _unknown(pointer: str, label: str, identity: UUID) -> Problem:
    return problem("unknown_reference", pointer, field=f"「{label}」", value=identity)


@asynccontextmanager
async def keeping_an_administrator(connection: Connection, tenant_id: UUID) -> AsyncIterator[None]:
    """Raises LastAdministrator when the tenant had one before and has none after; one change at a time.

    A tenant whose people come from an external issuer never had one here, and is left alone.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK_SPACE, str(tenant_id))
    before = await connection.fetchval(_HAS_ADMINISTRATOR, TENANT_MANAGE)
    yield
    if before and not await connection.fetchval(_HAS_ADMINISTRATOR, TENANT_MANAGE):
        raise LastAdministrator()


_HAS_ADMINISTRATOR = """
SELECT EXISTS (
  SELECT FROM users AS u
  JOIN assignments AS a ON a.user_id = u.user_id
  JOIN roles AS r ON r.role_id = a.role_id
  WHERE u.status = 'active' AND $1 = ANY (r.permissions)
    AND a.enterprises IS NULL AND a.teams IS NULL AND a.clients IS NULL
)
"""
