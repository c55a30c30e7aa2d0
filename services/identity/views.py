"""What callers see of the directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from backbone.postgres import Connection, Record
from services.identity import assignments


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
