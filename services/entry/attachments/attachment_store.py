"""Rows of attachments. Every function works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone.postgres import Connection, Record
from contracts.events.entry import Actor


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `attachments`; the times are None as long as it did not happen."""

    attachment_id: UUID
    tenant_id: UUID
    document_id: UUID
    attachment_type: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    attached_by: Mapping[str, str]
    attached_at: datetime
    detached_at: datetime | None = None


_COLUMNS = ", ".join(Kept.__slots__)
_SELECT = f"SELECT {_COLUMNS} FROM attachments "  # noqa: S608 - our own column names


def _kept(row: Record) -> Kept:
    return Kept(**row)


async def on_document(connection: Connection, document_id: UUID) -> Sequence[Kept]:
    """Those it has now, the oldest first."""
    rows = await connection.fetch(
        _SELECT + "WHERE document_id = $1 AND detached_at IS NULL ORDER BY attached_at, attachment_id",
        document_id,
    )
    return [_kept(row) for row in rows]


async def find(connection: Connection, document_id: UUID, attachment_id: UUID) -> Kept | None:
    """Also one that was taken off."""
    row = await connection.fetchrow(
        _SELECT + "WHERE document_id = $1 AND attachment_id = $2", document_id, attachment_id
    )
    return None if row is None else _kept(row)


async def insert(connection: Connection, kept: Kept) -> None:
    names = [name for name in Kept.__slots__ if name != "detached_at"]
    await connection.execute(
        f"INSERT INTO attachments ({', '.join(names)}) "  # noqa: S608 - our own column names
        f"VALUES ({', '.join(f'${n}' for n in range(1, len(names) + 1))})",
        *(getattr(kept, name) for name in names),
    )


async def detach(connection: Connection, attachment_id: UUID, by: Actor, at: datetime) -> None:
    await connection.execute(
        "UPDATE attachments SET detached_by = $2, detached_at = $3 WHERE attachment_id = $1",
        attachment_id,
        by.model_dump(),
        at,
    )
