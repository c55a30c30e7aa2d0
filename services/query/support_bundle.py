"""What the hotline needs to look into one document, as a zip: numbers, history, messages, versions, receipts.

What names goods or firms, the authority's reasons and people's remarks among it, is in it only when the user says so.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from backbone import compress, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import attachment
from backbone.operations import Media, operation
from backbone.postgres import Pool, Record
from contracts.permissions import MESSAGE_READ
from customs.documents import Kind
from customs.documents.schema import operation_id
from services.query.one_document import as_sent, timeline, visible
from services.query.wording import state_label

MOST_MESSAGES = 500
MOST_BYTES = 20 * 1024 * 1024
"""Of all texts together; the newest first."""
HOTLINE = "029-95198"
CONTENT = parameters.flag("content", "是否包含报文原文")

_DOCUMENT = (
    "document_id, kind, enterprise_id, team_id, client_id, system, internal_no, seq_no, customs_no, entry_seq_no, "
    "change_count, state, version, attempt_no, lines, attachments, round_no, round_purpose, round_state, review, "
    "needs_operator, created_at, declared_at, approved_at, deadline_at, updated_at"
)
_MESSAGES = """
SELECT id, direction, message_type, message_id, attempt_no, file_name, code, outcome, recorded_at, authority_at, sha256, bytes
FROM messages WHERE document_id = $1 ORDER BY recorded_at DESC, id DESC LIMIT $2
"""
_STEP = ("version", "type", "state", "state_label", "occurred_at", "attempt_no", "previous_state")
_FACT = ("type", "attempt_no", "occurred_at", "authority_at", "message_type", "message_id", "raw_id", "code")
_ROUND = ("round_no", "purpose", "state")


def routes(kind: Kind, pool: Pool | None) -> APIRouter:
    """`GET /v1/<kind>/{id}/support-bundle`; `pool` is None where only the schema is wanted."""
    router = APIRouter(prefix=f"/v1/{kind.url}", tags=[kind.name])

    @router.get(
        "/{document_id}/support-bundle",
        **operation(
            operation_id("download", kind, "SupportBundle"), Media("application/zip"), query=[CONTENT]
        ),
    )
    async def bundle(request: Request, document_id: UUID, caller: Caller) -> Response:
        """A zip for the hotline. Needs the right to read messages; `content=true` puts in what names goods and firms.

        At most 500 messages, and 20 MB of their texts; what is left out is told in it.
        """
        assert pool is not None
        whole = parameters.read(request, [CONTENT]).get("content") is True
        files, name = await _gathered(pool, caller, kind, document_id, whole=whole)
        packed = await asyncio.to_thread(_packed, files)
        headers = {
            "content-disposition": attachment(f"支持包_{name}.zip", "support-bundle.zip"),
            "cache-control": "private, no-store",
            "x-content-type-options": "nosniff",
        }
        return Response(packed, 200, headers, media_type="application/zip")

    return router


async def _gathered(
    pool: Pool, caller: Principal, kind: Kind, document_id: UUID, *, whole: bool
) -> tuple[dict[str, bytes], str]:
    """Files by name, and the document's own number. Raises NotFound, Forbidden."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        scope = await visible(connection, caller, kind.name, document_id)
        caller.require(MESSAGE_READ, **scope)
        row = await connection.fetchrow(
            f"SELECT {_DOCUMENT} FROM documents WHERE document_id = $1",  # noqa: S608 - our own column names
            document_id,
        )
        assert row is not None
        messages = await connection.fetch(_MESSAGES, document_id, MOST_MESSAGES)
        texts = await _texts(connection, messages) if whole else {}
    steps = (await timeline(pool, caller, kind, document_id))["items"]
    document = {**dict(row), "state_label": state_label(kind.name, row["state"])}
    files = {
        "单证.json": _json(document),
        "经过.json": _json(steps if whole else [_without_words(step) for step in steps]),
        "版本.json": _json(_versions(steps)),
        "发出的报文.json": _json([dict(each) for each in messages if each["direction"] == "upload"]),
        "回执.json": _json([dict(each) for each in messages if each["direction"] != "upload"]),
        **texts,
    }
    left_out = len(messages) - len(texts) if whole else 0
    files["说明.txt"] = _note(kind, row, caller, whole=whole, left_out=left_out)
    return files, str(row["internal_no"])


async def _texts(connection: postgres.Connection, messages: Sequence[Record]) -> dict[str, bytes]:
    """The newest first, as many as fit; named so that they stand in the order of time."""
    files: dict[str, bytes] = {}
    size = 0
    for message in messages:
        size += message["bytes"]
        if size > MOST_BYTES:
            break
        packed = await connection.fetchval("SELECT content FROM messages WHERE id = $1", message["id"])
        at = message["recorded_at"].astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = f"原文/{at}-{message['direction']}-{message['message_type']}-{message['id'].hex[-8:]}.xml"
        files[name] = as_sent(compress.unpack(packed), message["sha256"])
    return files


def _without_words(step: Mapping[str, Any]) -> dict[str, Any]:
    """The step without what a person or the authority wrote."""
    kept = {name: step[name] for name in _STEP if step.get(name) is not None}
    if fact := step.get("fact"):
        kept["fact"] = {name: fact[name] for name in _FACT if fact.get(name) is not None}
        kept["fact"]["reasons"] = len(fact.get("reasons") or [])
    if under_way := step.get("open_round"):
        kept["open_round"] = {name: under_way[name] for name in _ROUND if name in under_way}
    if actor := step.get("actor"):
        kept["actor_id"] = actor["id"]
    return kept


def _versions(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each version that was saved or sent: which, when, as what attempt."""
    return [
        {
            name: step.get(name)
            for name in ("version", "type", "state", "state_label", "occurred_at", "attempt_no")
        }
        for step in steps
        if not step.get("fact")
    ]


def _note(kind: Kind, row: Record, caller: Principal, *, whole: bool, left_out: int) -> bytes:
    lines = [
        f"{kind.label} {row['internal_no']} 的支持包",
        f"生成时间（UTC）：{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        f"生成人编号：{caller.id}",
        f"统一编号：{row['seq_no'] or '无'}　海关编号：{row['customs_no'] or '无'}",
        f"客服热线：{HOTLINE}。来电时请报以上编号，并按客服要求发送本文件。",
        "",
        "包含：单证编号和状态、经过、版本、发出的报文和回执的清单。",
        (
            "用户已同意：另含报文原文、海关的退单原因和办理人的说明，其中有商品和企业信息。"
            if whole
            else "不含：商品、企业信息，报文原文，海关的退单原因，办理人的说明。"
        ),
    ]
    if left_out:
        lines.append(f"原文超出大小限制，最早的{left_out}份没有放入。")
    return "\r\n".join(lines).encode("utf-8-sig")


def _json(content: object) -> bytes:
    return orjson.dumps(content, default=str, option=orjson.OPT_INDENT_2)


def _packed(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()
