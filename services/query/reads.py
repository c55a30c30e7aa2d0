"""What query answers: lists within the caller's grants, timelines, raw messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backbone import compress, paging, postgres
from backbone.auth import Principal
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import NotFound
from backbone.scope import within
from contracts.codes import table
from contracts.documents import KINDS, Kind
from contracts.documents.states import STATES
from contracts.permissions import DOCUMENT_READ, MESSAGE_READ

DEFAULT_LIMIT = 50
_ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
# Conditions that are columns of their own, and how they are asked.
_COLUMN_CONDITIONS = {
    "enterprise_id": "enterprise_id = {}",
    "team_id": "team_id = {}",
    "client_id": "client_id = {}",
    "customs_no": "customs_no = {}",
    "seq_no": "seq_no = {}",
    "state": "state = ANY({})",
    "needs_operator": "needs_operator = {}",
    "updated_since": "updated_at >= {}",
    "input_date_from": "listed ->> 'input_date' >= {}",
    "input_date_to": "listed ->> 'input_date' <= {}",
    "deduction_mark": "authority ->> 'deduction_mark' = {}",
}
_OVERDUE = {True: "deadline_at < now()", False: "(deadline_at IS NULL OR deadline_at >= now())"}
# A prefix as a range: unlike LIKE its operators are leakproof, so the index serves them under row-level security.
_BEGINS_WITH = 'internal_no COLLATE "C" >= {} AND internal_no COLLATE "C" < {}'
_LAST_CHARACTER = "\U0010ffff"


async def listing(pool: Pool, caller: Principal, kind: Kind, asked: Mapping[str, object]) -> dict[str, Any]:
    """One page, newest change first: `items`, and `next_cursor` when there is more."""
    arguments: list[object] = [kind.name]
    conditions = ["kind = $1", "state <> 'deleted'", within(caller.grants_for(DOCUMENT_READ), arguments)]

    def put(value: object) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    for name, value in asked.items():
        if name == "internal_no":
            conditions.append(_BEGINS_WITH.format(put(value), put(f"{value}{_LAST_CHARACTER}")))
        elif name in _COLUMN_CONDITIONS:
            conditions.append(_COLUMN_CONDITIONS[name].format(put(value)))
        elif name == "overdue":
            conditions.append(_OVERDUE[value is True])
        elif name in kind.conditions:
            conditions.append(f"listed ->> '{name}' = {put(value)}")
    cursor = asked.get("cursor")
    if isinstance(cursor, tuple):
        at, identity = cursor
        conditions.append(f"(updated_at, document_id) < ({put(at)}, {put(identity)})")
    limit = asked.get("limit", DEFAULT_LIMIT)
    assert isinstance(limit, int)
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        rows = await connection.fetch(
            f"SELECT * FROM documents WHERE {' AND '.join(conditions)} "  # noqa: S608 - conditions are ours
            f"ORDER BY updated_at DESC, document_id DESC LIMIT {put(limit + 1)}",
            *arguments,
        )
    page = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [item(row) for row in page],
        "next_cursor": paging.encode(page[-1]["updated_at"], page[-1]["document_id"]) if more else None,
    }


def item(row: Record) -> dict[str, Any]:
    """A row of a list; coded fields have their names in `labels`."""
    kind = KINDS[row["kind"]]
    fields = kind.section("head").fields
    listed = {name: row["listed"].get(name) for name in kind.listed}
    marks = {name: value for name, value in row["authority"].items() if name in fields}
    labels = {
        name: table(spec.table).label_of(str(value))
        for name, value in {**listed, **marks}.items()
        if value is not None and (spec := fields[name]).table
    }
    return {
        "id": row["document_id"],
        "kind": row["kind"],
        "version": row["version"],
        "internal_no": row["internal_no"],
        "state": row["state"],
        "state_label": STATES[row["state"]].label,
        "seq_no": row["seq_no"],
        "customs_no": row["customs_no"],
        "entry_seq_no": row["entry_seq_no"],
        "change_count": row["change_count"],
        "enterprise_id": row["enterprise_id"],
        "team_id": row["team_id"],
        "client_id": row["client_id"],
        "lines": row["lines"],
        **listed,
        "deduction_mark": row["authority"].get("deduction_mark"),
        "labels": labels,
        "attempt_no": row["attempt_no"],
        "declared_at": row["declared_at"],
        "deadline_at": row["deadline_at"],
        "overdue": row["deadline_at"] is not None and row["deadline_at"] < datetime.now(UTC),
        "needs_operator": row["needs_operator"],
        "notes": row["notes"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


async def timeline(pool: Pool, caller: Principal, kind: Kind, document_id: UUID) -> dict[str, Any]:
    """Every event of a document, the oldest first. Raises NotFound."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        await _visible(connection, caller, kind.name, document_id)
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
                "state_label": STATES[row["state"]].label,
                "occurred_at": row["occurred_at"],
                **row["entry"],
            }
            for row in rows
        ]
    }


_MESSAGE_COLUMNS = (
    "id, document_id, direction, message_type, message_id, attempt_no, file_name, code, outcome, recorded_at, "
    "authority_at, sha256, bytes"
)


async def messages(pool: Pool, caller: Principal, kind: Kind, document_id: UUID) -> dict[str, Any]:
    """Uploads and receipts of a document, the oldest first, without their text. Raises NotFound, Forbidden."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        scope = await _visible(connection, caller, kind.name, document_id)
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
        scope = await _visible(connection, caller, None, row["document_id"])
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


async def _visible(
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
