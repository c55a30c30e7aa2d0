"""What query answers about one document: its timeline and its raw messages."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from backbone import compress, postgres
from backbone.auth import Principal
from backbone.postgres import Connection, Pool
from backbone.refusals import NotFound
from contracts.permissions import DOCUMENT_READ, MESSAGE_READ
from customs.documents import Kind
from services.query.wording import open_round, state_label

_ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")


async def timeline(pool: Pool, caller: Principal, kind: Kind, document_id: UUID) -> dict[str, Any]:
    """Every event of a document, the oldest first. Raises NotFound."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        await visible(connection, caller, kind.name, document_id)
        rows = await connection.fetch(
            "SELECT version, type, state, occurred_at, entry FROM timeline WHERE document_id = $1 ORDER BY version",
            document_id,
        )
    return {
        "items": [
            {
                "version": row["version"],
                "type": row["type"],
                "state": row["state"],
                "state_label": state_label(kind.name, row["state"]),
                "occurred_at": row["occurred_at"],
                **_labelled(kind, row["entry"]),
            }
            for row in rows
        ]
    }


def _labelled(kind: Kind, entry: dict[str, Any]) -> dict[str, Any]:
    rounds = {name: entry[name] for name in ("open_round", "round") if entry.get(name)}
    return {**entry, **{name: open_round(kind.name, **each) for name, each in rounds.items()}}


_MESSAGE_COLUMNS = (
    "id, document_id, direction, message_type, message_id, attempt_no, file_name, code, outcome, recorded_at, "
    "authority_at, sha256, bytes"
)


async def messages(pool: Pool, caller: Principal, kind: Kind, document_id: UUID) -> dict[str, Any]:
    """Uploads and receipts of a document, the oldest first, without their text. Raises NotFound, Forbidden."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        scope = await visible(connection, caller, kind.name, document_id)
        caller.require(MESSAGE_READ, **scope)
        rows = await connection.fetch(
            f"SELECT {_MESSAGE_COLUMNS} FROM messages WHERE document_id = $1 ORDER BY recorded_at, id",  # noqa: S608
            document_id,
        )
    return {"items": [dict(row) for row in rows]}


async def message(pool: Pool, caller: Principal, message_key: UUID) -> tuple[dict[str, Any], bytes]:
    """What is known about one message, and its bytes. Raises NotFound, Forbidden."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        row = await connection.fetchrow(
            f"SELECT {_MESSAGE_COLUMNS}, content FROM messages WHERE id = $1",  # noqa: S608 - our own column names
            message_key,
        )
        if row is None:
            raise NotFound("没有这份报文")
        scope = await visible(connection, caller, None, row["document_id"])
        caller.require(MESSAGE_READ, **scope)
    known = dict(row)
    return known, compress.unpack(known.pop("content"))


def as_sent(content: bytes, sha256: str) -> bytes:
    """The text in the encoding it came in, which is the one that gives the recorded hash; else in UTF-8."""
    text = content.decode()
    for encoding in _ENCODINGS:
        data = text.encode(encoding)
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
    return content


async def visible(
    connection: Connection, caller: Principal, kind: str | None, document_id: UUID
) -> dict[str, UUID | None]:
    """The document's scope. Raises NotFound for one the caller may not read."""
    row = await connection.fetchrow(
        "SELECT kind, enterprise_id, team_id, client_id FROM documents WHERE document_id = $1", document_id
    )
    if row is None or kind not in (None, row["kind"]):
        raise NotFound("没有这份单证")
    scope = {name: row[name] for name in ("enterprise_id", "team_id", "client_id")}
    if not caller.may(DOCUMENT_READ, **scope):
        raise NotFound("没有这份单证")
    return scope
