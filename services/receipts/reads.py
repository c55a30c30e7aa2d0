"""Kept files as the API shows them, limited to what the caller's grants cover."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from backbone import paging, scope
from backbone.auth import Principal
from backbone.postgres import Connection, Record
from backbone.refusals import NotFound, Refusal
from contracts.events.event import JsonObject
from customs.singlewindow import as_json
from services.receipts import contents, domain, store
from services.receipts.contents import Told
from services.receipts.reading import Understood, Unreadable
from services.receipts.store import RawFile

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class ReceiptUnreadable(Refusal):
    status: ClassVar[int] = 409
    code: ClassVar[str] = "receipt_unreadable"
    title: ClassVar[str] = "该文件无法识别，没有可以展示的内容"
    hint: ClassVar[str] = "可以下载原文核对"


class KeptFile(BaseModel):
    """A file found in an InBox and what became of it."""

    id: UUID
    state: str = Field(description="stored, matched, repeated, unmatched, unreadable, waiting, incomplete")
    state_label: str
    mailbox: str
    enterprise_id: UUID
    file_name: str
    bytes: int
    sha256: str
    arrived_at: datetime
    message_type: str | None
    message_id: str | None
    kind: str | None
    seq_no: str | None
    customs_no: str | None
    internal_no: str | None
    reason_code: str | None
    reason: str | None = Field(description="Chinese sentence: why it is not matched")
    notes: list[str] = Field(description="Chinese sentences: what was mended before it could be read")
    document_id: UUID | None
    receipt_id: UUID | None
    tries: int
    next_try_at: datetime | None


class Retry(BaseModel):
    """Somebody asked for another try."""

    id: UUID
    asked_by: str
    asked_by_name: str
    asked_at: datetime


class MatchByHand(BaseModel):
    """Somebody said which document it is for. Of several the last one counts, unless the file was told before."""

    id: UUID
    document_id: UUID
    kind: str
    reason: str
    matched_by: str
    matched_by_name: str
    matched_at: datetime


class Part(BaseModel):
    """A packet of the same split receipt."""

    number: int
    total: int
    receipt_file_id: UUID


class KeptFileDetail(KeptFile):
    """One file with what it says, the other parts of its receipt, and what was asked for it."""

    receipt: Told | None = Field(description="null: it cannot be read")
    parts: list[Part]
    retries: list[Retry]
    matches: list[MatchByHand]


class KeptFiles(BaseModel):
    """A page, newest first."""

    items: list[KeptFile]
    next_cursor: str | None


_FROM = "FROM raw_files AS r LEFT JOIN documents AS d USING (document_id)"


def _within(caller: Principal, permission: str, arguments: list[object]) -> str:
    return scope.within(
        caller.grants_for(permission),
        arguments,
        enterprise="r.enterprise_id",
        team="d.team_id",
        client="d.client_id",
    )


async def files(
    connection: Connection, caller: Principal, permission: str, conditions: dict[str, object]
) -> KeptFiles:
    """`conditions`: state (several), mailbox, enterprise_id, limit, cursor."""
    arguments: list[object] = [caller.tenant_id]
    where = ["r.tenant_id = $1", _within(caller, permission, arguments)]
    for name, condition in (
        ("state", "r.state = ANY(${})"),
        ("mailbox", "r.mailbox = ${}"),
        ("enterprise_id", "r.enterprise_id = ${}"),
    ):
        if name in conditions:
            arguments.append(conditions[name])
            where.append(condition.format(len(arguments)))
    cursor = conditions.get("cursor")
    if isinstance(cursor, tuple):
        arguments += cursor
        where.append(f"(r.arrived_at, r.raw_id) < (${len(arguments) - 1}, ${len(arguments)})")
    limit = conditions.get("limit", DEFAULT_LIMIT)
    assert isinstance(limit, int)
    arguments.append(limit + 1)
    rows = await connection.fetch(
        f"SELECT r.* {_FROM} WHERE {' AND '.join(where)} "
        f"ORDER BY r.arrived_at DESC, r.raw_id DESC LIMIT ${len(arguments)}",
        *arguments,
    )
    shown = rows[:limit]
    more = len(rows) > limit
    last = shown[-1] if more else None
    return KeptFiles(
        items=[KeptFile(**_facts(row)) for row in shown],
        next_cursor=paging.encode(last["arrived_at"], last["raw_id"]) if last else None,
    )


def _facts(row: Record) -> dict[str, object]:
    return {
        **dict(row),
        "id": row["raw_id"],
        "state_label": domain.STATES[row["state"]],
        "next_try_at": row["retry_at"],
    }


async def file_within(
    connection: Connection, caller: Principal, permission: str, raw_id: UUID
) -> tuple[Record, RawFile]:
    """Raises NotFound, also for what lies outside of the caller's grants."""
    arguments: list[object] = [caller.tenant_id, raw_id]
    row = await connection.fetchrow(
        f"SELECT r.* {_FROM} WHERE r.tenant_id = $1 AND r.raw_id = $2 "
        f"AND {_within(caller, permission, arguments)}",
        *arguments,
    )
    if row is None:
        raise NotFound("没有这份回执")
    return row, store.raw_file(row)


async def detail(connection: Connection, row: Record) -> KeptFileDetail:
    parts = await connection.fetch(
        "SELECT number, total, raw_id FROM packets WHERE packet_group = "
        "(SELECT packet_group FROM packets WHERE raw_id = $1) ORDER BY number LIMIT 1000",
        row["raw_id"],
    )
    retries = await connection.fetch(
        "SELECT * FROM retries WHERE raw_id = $1 ORDER BY asked_at DESC LIMIT 100", row["raw_id"]
    )
    matches = await connection.fetch(
        "SELECT * FROM matches WHERE raw_id = $1 ORDER BY match_id DESC LIMIT 100", row["raw_id"]
    )
    found = await contents.receipt_in(connection, row["raw_id"])
    return KeptFileDetail(
        **_facts(row),
        receipt=contents.told(found.receipt) if isinstance(found, Understood) else None,
        matches=[MatchByHand(**{**dict(each), "id": each["match_id"]}) for each in matches],
        parts=[
            Part(number=part["number"], total=part["total"], receipt_file_id=part["raw_id"]) for part in parts
        ],
        retries=[Retry(**{**dict(each), "id": each["retry_id"]}) for each in retries],
    )


async def content(connection: Connection, raw_id: UUID) -> JsonObject:
    """The whole receipt in the form of `message read`. Raises ReceiptUnreadable."""
    found = await contents.receipt_in(connection, raw_id)
    if isinstance(found, Unreadable):
        raise ReceiptUnreadable(found.text)
    return as_json(found.receipt)
