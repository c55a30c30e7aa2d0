"""What the directory is made of: one description each of six resources that otherwise work alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from backbone.auth import Principal
from backbone.postgres import Connection, Record
from backbone.refusals import Forbidden
from contracts.answers import identity as answers
from contracts.answers.answer import Answer
from contracts.permissions import TENANT_MANAGE
from services.identity import client_secrets, directory, views
from services.identity.bodies import (
    ApiClientBody,
    Body,
    ClientBody,
    EnterpriseBody,
    NewUserBody,
    RoleBody,
    TeamBody,
    UserBody,
)
from services.identity.parts import Parts
from services.identity.tables import API_CLIENTS, CLIENTS, ENTERPRISES, ROLES, TEAMS, USERS, Table

N = TypeVar("N", bound=Body)
B = TypeVar("B", bound=Body)
View = dict[str, object]
Show = Callable[[Connection, Principal, Sequence[Record]], Awaitable[list[View]]]
Visible = Callable[[Principal], frozenset[UUID] | None]


@dataclass(frozen=True)
class Made:
    """`once_only` is added to the first answer and kept nowhere."""

    row: Record
    once_only: Mapping[str, str]


@dataclass(frozen=True)
class Resource(Generic[N, B]):
    """`visible` says which ids a caller may see (None: all) or raises Forbidden; changes always need tenant.manage."""

    path: str
    table: Table
    new_body: type[N]
    body: type[B]
    view: type[Answer]
    show: Show
    visible: Visible
    prepare: Callable[[Parts, N], Awaitable[str]]
    """What is costly or random, before the transaction: a password's hash, a new secret."""
    create: Callable[[Connection, UUID, N, str], Awaitable[Made]]
    change: Callable[[Connection, UUID, UUID, int, B], Awaitable[Record]]


def manager_only(caller: Principal) -> None:
    """All of it, for who administers the tenant; raises Forbidden for others."""
    caller.require(TENANT_MANAGE)


def within(scope: str) -> Visible:
    """All for who administers the tenant; for others what their grants name."""

    def visible(caller: Principal) -> frozenset[UUID] | None:
        if caller.may(TENANT_MANAGE):
            return None
        if not caller.grants:
            raise Forbidden("没有分配任何角色")
        named: set[UUID] = set()
        for grant in caller.grants:
            limited: frozenset[UUID] | None = getattr(grant, scope)
            if limited is None:
                return None
            named |= limited
        return frozenset(named)

    return visible


def _plainly(table: Table, *names: str) -> Show:
    async def show(_: Connection, __: Principal, rows: Sequence[Record]) -> list[View]:
        return [views.plain(row, table.key, *names) for row in rows]

    return show


async def _show_enterprises(_: Connection, caller: Principal, rows: Sequence[Record]) -> list[View]:
    names = ("name", "customs_code", "uscc", "status")
    shown = caller.may(TENANT_MANAGE)
    return [
        views.plain(row, "enterprise_id", *names) | {"route": row["route"] if shown else None} for row in rows
    ]


async def _show_users(connection: Connection, _: Principal, rows: Sequence[Record]) -> list[View]:
    return await views.users(connection, rows)


async def _show_api_clients(connection: Connection, _: Principal, rows: Sequence[Record]) -> list[View]:
    return await views.api_clients(connection, rows)


async def _nothing(_: Parts, __: Body) -> str:
    return ""


async def _hash(parts: Parts, body: NewUserBody) -> str:
    return await parts.hasher.hash(body.password)


async def _new_secret(_: Parts, __: ApiClientBody) -> str:
    return client_secrets.new_secret()


def _making(
    create: Callable[[Connection, UUID, N], Awaitable[Record]],
) -> Callable[[Connection, UUID, N, str], Awaitable[Made]]:
    async def make(connection: Connection, tenant_id: UUID, body: N, _: str) -> Made:
        return Made(await create(connection, tenant_id, body), {})

    return make


async def _make_user(connection: Connection, tenant_id: UUID, body: NewUserBody, password_hash: str) -> Made:
    return Made(await directory.create_user(connection, tenant_id, body, password_hash), {})


async def _make_api_client(connection: Connection, tenant_id: UUID, body: ApiClientBody, secret: str) -> Made:
    row = await directory.create_api_client(connection, tenant_id, body, secret)
    return Made(row, {"secret": secret})


_ENTERPRISES = Resource(
    "enterprises",
    ENTERPRISES,
    EnterpriseBody,
    EnterpriseBody,
    answers.Enterprise,
    _show_enterprises,
    within("enterprises"),
    _nothing,
    _making(directory.create_enterprise),
    directory.change_enterprise,
)
_TEAMS = Resource(
    "teams",
    TEAMS,
    TeamBody,
    TeamBody,
    answers.Team,
    _plainly(TEAMS, "name", "status"),
    within("teams"),
    _nothing,
    _making(directory.create_team),
    directory.change_team,
)
_CLIENTS = Resource(
    "clients",
    CLIENTS,
    ClientBody,
    ClientBody,
    answers.ClientFirm,
    _plainly(CLIENTS, "name", "customs_code", "uscc", "status"),
    within("clients"),
    _nothing,
    _making(directory.create_client),
    directory.change_client,
)
_ROLES = Resource(
    "roles",
    ROLES,
    RoleBody,
    RoleBody,
    answers.Role,
    _plainly(ROLES, "name", "permissions"),
    manager_only,
    _nothing,
    _making(directory.create_role),
    directory.change_role,
)
_USERS = Resource(
    "users",
    USERS,
    NewUserBody,
    UserBody,
    answers.User,
    _show_users,
    manager_only,
    _hash,
    _make_user,
    directory.change_user,
)
_API_CLIENTS = Resource(
    "api-clients",
    API_CLIENTS,
    ApiClientBody,
    ApiClientBody,
    answers.ApiClient,
    _show_api_clients,
    manager_only,
    _new_secret,
    _make_api_client,
    directory.change_api_client,
)


RESOURCES: tuple[Resource[Any, Any], ...] = (_ENTERPRISES, _TEAMS, _CLIENTS, _ROLES, _USERS, _API_CLIENTS)
