"""Rows of the directory: the same four statements for every table, optimistic by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from backbone.postgres import Connection, Record
from backbone.refusals import NotFound, Refusal, StaleVersion
from contracts.problems import problem
from services.identity.refusals import AlreadyTaken, MailboxTaken


@dataclass(frozen=True)
class Table:
    """`columns` are those a caller's body fills. Names come from this code, never from a caller."""

    name: str
    key: str
    noun: str
    columns: tuple[str, ...]

    async def insert(
        self, connection: Connection, tenant_id: UUID, identity: UUID, values: Mapping[str, object]
    ) -> Record:
        """Raises AlreadyTaken, MailboxTaken."""
        names = ("tenant_id", self.key, *values)
        places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
        sql = f"INSERT INTO {self.name} ({', '.join(names)}) VALUES ({places}) RETURNING *"  # noqa: S608
        return await self._write(connection, sql, [tenant_id, identity, *values.values()], values)

    async def update(
        self, connection: Connection, identity: UUID, version: int, values: Mapping[str, object]
    ) -> Record:
        """Raises NotFound, StaleVersion, AlreadyTaken, MailboxTaken."""
        changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, 3))
        sql = (
            f"UPDATE {self.name} SET {changes}, version = version + 1, updated_at = now() "  # noqa: S608
            f"WHERE {self.key} = $1 AND version = $2 RETURNING *"
        )
        try:
            return await self._write(connection, sql, [identity, version, *values.values()], values)
        except _NoRow:
            await self.get(connection, identity)
            raise stale(self.noun) from None

    async def get(self, connection: Connection, identity: UUID) -> Record:
        """Raises NotFound."""
        sql = f"SELECT * FROM {self.name} WHERE {self.key} = $1"  # noqa: S608
        row = await connection.fetchrow(sql, identity)
        if row is None:
            raise NotFound(f"没有这个{self.noun}")
        return row

    async def page(
        self,
        connection: Connection,
        *,
        within: frozenset[UUID] | None,
        status: str | None,
        after: tuple[object, UUID] | None,
        limit: int,
    ) -> list[Record]:
        """Newest first, `limit` rows and one more when there are more. `within` None: all of the tenant."""
        arguments: list[object] = [limit + 1]
        conditions = ["true"]
        if within is not None:
            arguments.append(sorted(within))
            conditions.append(f"{self.key} = ANY(${len(arguments)}::uuid[])")
        if status is not None:
            arguments.append(status)
            conditions.append(f"status = ${len(arguments)}")
        if after is not None:
            arguments += after
            conditions.append(f"(created_at, {self.key}) < (${len(arguments) - 1}, ${len(arguments)})")
        sql = (
            f"SELECT * FROM {self.name} WHERE {' AND '.join(conditions)} "  # noqa: S608
            f"ORDER BY created_at DESC, {self.key} DESC LIMIT $1"
        )
        return await connection.fetch(sql, *arguments)

    async def _write(
        self, connection: Connection, sql: str, arguments: Sequence[object], values: Mapping[str, object]
    ) -> Record:
        try:
            row = await connection.fetchrow(sql, *arguments)
        except asyncpg.UniqueViolationError as error:
            raise _taken(str(error.constraint_name), values) from error
        if row is None:
            raise _NoRow
        return row


class _NoRow(Exception):
    pass


def stale(noun: str) -> StaleVersion:
    return StaleVersion(f"该{noun}已被他人修改")


TENANTS = Table("tenants", "tenant_id", "单位", ("slug", "name", "status"))
ENTERPRISES = Table(
    "enterprises", "enterprise_id", "企业", ("name", "customs_code", "uscc", "route", "status")
)
TEAMS = Table("teams", "team_id", "班组", ("name", "status"))
CLIENTS = Table("clients", "client_id", "客户", ("name", "customs_code", "uscc", "status"))
ROLES = Table("roles", "role_id", "角色", ("name", "permissions"))
USERS = Table("users", "user_id", "用户", ("login", "name", "status"))
SITE_AGENTS = Table("site_agents", "site_agent_id", "现场代理", ("name", "enterprises", "status"))
API_CLIENTS = Table("api_clients", "api_client_id", "接口客户端", ("name", "status"))

# Constraint → the field that clashes and what a clerk calls it.
_UNIQUE = {
    "enterprises_customs_code": ("customs_code", "海关编码"),
    "teams_name": ("name", "班组名称"),
    "clients_customs_code": ("customs_code", "海关编码"),
    "roles_name": ("name", "角色名称"),
    "users_login": ("login", "登录名"),
    "api_clients_name": ("name", "接口客户端名称"),
    "site_agents_name": ("name", "现场代理名称"),
}


def _taken(constraint: str, values: Mapping[str, object]) -> Refusal:
    if constraint == "enterprises_mailbox":
        route = values["route"]
        assert isinstance(route, Mapping)
        found = problem("already_taken", "/route/mailbox", field="「收发目录名」", value=route["mailbox"])
        return MailboxTaken(found)
    name, label = _UNIQUE[constraint]
    return AlreadyTaken(problem("already_taken", f"/{name}", field=f"「{label}」", value=values[name]))
