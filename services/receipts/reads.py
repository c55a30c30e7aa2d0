"""Kept files as the API shows them, limited to what the caller's grants cover."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from backbone import paging, scope
from backbone.auth import Principal
from backbone.postgres import Connection, Record
from backbone.refusals import NotFound, Refusal
from contracts.answers.receipts import (
    KeptFile,
    KeptFileDetail,
    KeptFiles,
    ReceiptMatch,
    ReceiptPart,
    ReceiptRetry,
)
from contracts.events.event import JsonObject
from customs.singlewindow import as_json
from services.receipts import contents, domain, store
from services.receipts.reading import Understood, Unreadable
from services.receipts.store import RawFile

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class ReceiptUnreadable(Refusal):
    status: ClassVar[int] = 409
    code: ClassVar[str] = "receipt_unreadable"
    title: ClassVar[str] = "该文件无法识别，没有可以展示的内容"
    hint: ClassVar[str] = "可以下载原文核对"


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
    connection: Connection,
    caller: Principal,
    permission: str,
    conditions: Mapping[str, object],
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> KeptFiles:
    """`conditions`: state (several), mailbox, enterprise_id."""
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
    if before is not None:
        arguments += before
        where.append(f"(r.arrived_at, r.raw_id) < (${len(arguments) - 1}, ${len(arguments)})")
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
        matches=[ReceiptMatch(**{**dict(each), "id": each["match_id"]}) for each in matches],
        parts=[
            ReceiptPart(number=part["number"], total=part["total"], receipt_file_id=part["raw_id"])
            for part in parts
        ],
        retries=[ReceiptRetry(**{**dict(each), "id": each["retry_id"]}) for each in retries],
    )


async def content(connection: Connection, raw_id: UUID) -> JsonObject:
    """The whole receipt in the form of `message read`. Raises ReceiptUnreadable."""
    found = await contents.receipt_in(connection, raw_id)
    if isinstance(found, Unreadable):
        raise ReceiptUnreadable(found.text)
    return as_json(found.receipt)
