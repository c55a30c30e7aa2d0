"""What callers see of the directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from backbone.postgres import Connection, Record
from contracts.events.event import Route
from services.identity import assignments


class Stamped(BaseModel):
    id: UUID
    version: int = Field(description="Also the ETag; send it back in If-Match")
    created_at: datetime
    updated_at: datetime


class EnterpriseView(Stamped):
    name: str
    customs_code: str
    uscc: str
    status: str
    route: Route | None = Field(description="Only for who has tenant.manage")


class TeamView(Stamped):
    name: str
    status: str


class ClientView(Stamped):
    name: str
    customs_code: str | None
    uscc: str | None
    status: str


class RoleView(Stamped):
    name: str
    permissions: list[str]


class AssignmentView(BaseModel):
    role_id: UUID
    enterprises: list[UUID] | None
    teams: list[UUID] | None
    clients: list[UUID] | None


class UserView(Stamped):
    login: str
    name: str
    status: str
    assignments: list[AssignmentView]


class ApiClientView(Stamped):
    client_id: str
    name: str
    status: str
    previous_secret_until: datetime | None = Field(
        description="Until when the secret before is still accepted"
    )
    assignments: list[AssignmentView]
    secret: str | None = Field(
        None,
        description="In the first answer to its creation only; a repeated Idempotency-Key does not show it",
    )


class TenantView(Stamped):
    slug: str
    name: str
    status: str


class DirectoryPage(BaseModel):
    items: list[Any]
    next_cursor: str | None


def plain(row: Record, key: str, *names: str) -> dict[str, object]:
    """The row's own columns in a view's shape."""
    stamped = {"id": row[key], **{name: row[name] for name in ("version", "created_at", "updated_at")}}
    return stamped | {name: row[name] for name in names}


def with_assignments(
    row: Record, key: str, held: Mapping[UUID, Sequence[Record]], *names: str
) -> dict[str, object]:
    columns = ("role_id", "enterprises", "teams", "clients")
    mine = [{name: each[name] for name in columns} for each in held.get(row[key], ())]
    return plain(row, key, *names) | {"assignments": mine}


async def users(connection: Connection, rows: Sequence[Record]) -> list[dict[str, object]]:
    held = await assignments.of(connection, "user_id", [row["user_id"] for row in rows])
    return [with_assignments(row, "user_id", held, "login", "name", "status") for row in rows]


async def api_clients(connection: Connection, rows: Sequence[Record]) -> list[dict[str, object]]:
    held = await assignments.of(connection, "api_client_id", [row["api_client_id"] for row in rows])
    return [
        with_assignments(row, "api_client_id", held, "client_id", "name", "status")
        | {"previous_secret_until": row["previous_until"]}
        for row in rows
    ]
