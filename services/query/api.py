"""HTTP in: lists, timelines and messages of every kind, and single messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response

from backbone import parameters
from backbone.auth import Principal, principal
from backbone.http import answer, create_app
from backbone.parameters import Parameter
from backbone.postgres import Pool
from contracts.codes import table
from contracts.documents import KINDS, Kind
from contracts.documents.states import STATES
from contracts.permissions import DOCUMENT_READ
from services.query import reads, waiting
from services.query.waiting import Applied

Caller = Annotated[Principal, Depends(principal)]
MOST_ROWS = 200


def schema_app() -> FastAPI:
    """The application without connections, for OpenAPI."""
    app = create_app("query", title="Bondgate query")
    for router in routers(None, Applied()):
        app.include_router(router)
    return app


def routers(pool: Pool | None, applied: Applied) -> list[APIRouter]:
    """Of every kind, and of messages."""
    return [*(_of_kind(kind, pool, applied) for kind in KINDS.values()), _of_messages(pool)]


def conditions(kind: Kind) -> Sequence[Parameter]:
    """What a list of this kind can be asked for."""
    fields = kind.section("head").fields
    of_kind = [
        parameters.choice(name, fields[name].label, tuple(sorted(table(found).codes)))
        if (found := fields[name].table) and not table(found).open
        else parameters.text(name, fields[name].label)
        for name in kind.conditions
    ]
    return [
        parameters.identity("enterprise_id", "查询企业"),
        parameters.identity("team_id", "班组"),
        parameters.identity("client_id", "客户"),
        parameters.text("customs_no", fields["customs_no"].label),
        parameters.text("internal_no", fields["internal_no"].label + "（前缀）"),
        parameters.text("seq_no", fields["seq_no"].label),
        parameters.choice(
            "state", "数据状态", tuple(state for state in STATES if state != "deleted"), many=True
        ),
        parameters.choice(
            "deduction_mark", fields["deduction_mark"].label, tuple(sorted(table("deduction_marks").codes))
        ),
        parameters.day("input_date_from", "录入日期起"),
        parameters.day("input_date_to", "录入日期止"),
        parameters.moment("updated_since", "更新时间起"),
        parameters.flag("overdue", "是否逾期"),
        parameters.flag("needs_operator", "是否需要人工处理"),
        parameters.limit(MOST_ROWS),
        parameters.cursor(),
        *of_kind,
    ]


def _of_kind(kind: Kind, maybe_pool: Pool | None, applied: Applied) -> APIRouter:
    router = APIRouter(prefix=f"/v1/{kind.url}", tags=[kind.name])
    asked = conditions(kind)
    suffix = kind.name.replace("-", "_")

    @router.get(
        "",
        openapi_extra={"parameters": parameters.described(asked)},
        operation_id=f"list_{suffix}",
        response_class=Response,
    )
    async def listing(request: Request, caller: Caller) -> Response:
        """Newest change first. `Wait-For: <id>@<version>` waits up to 2 s for a write of one's own; then `stale`."""
        pool = _there(maybe_pool)
        caller.require_anywhere(DOCUMENT_READ)
        given = parameters.read(request, asked)
        stale = await waiting.stale(request, pool, caller, applied)
        return answer(200, {**await reads.listing(pool, caller, kind, given), "stale": stale}).response()

    @router.get("/{document_id}/timeline", operation_id=f"timeline_{suffix}", response_class=Response)
    async def timeline(request: Request, document_id: UUID, caller: Caller) -> Response:
        """Everything that happened, the oldest first. Takes `Wait-For` as the list does."""
        pool = _there(maybe_pool)
        stale = await waiting.stale(request, pool, caller, applied)
        found = await reads.timeline(pool, caller, kind, document_id)
        return answer(200, {**found, "stale": stale}).response()

    @router.get("/{document_id}/messages", operation_id=f"messages_{suffix}", response_class=Response)
    async def messages(document_id: UUID, caller: Caller) -> Response:
        """Raw uploads and receipts, without their text."""
        return answer(200, await reads.messages(_there(maybe_pool), caller, kind, document_id)).response()

    return router


def _of_messages(maybe_pool: Pool | None) -> APIRouter:
    router = APIRouter(prefix="/v1/messages", tags=["messages"])

    @router.get("/{message_key}", operation_id="message", response_class=Response)
    async def one(message_key: UUID, caller: Caller) -> Response:
        """One message with its text."""
        known, content = await reads.message(_there(maybe_pool), caller, message_key)
        return answer(200, {**known, "text": content.decode("utf-8", "replace")}).response()

    @router.get("/{message_key}/file", operation_id="message_file", response_class=Response)
    async def file(message_key: UUID, caller: Caller) -> Response:
        """Its bytes, as a file to keep."""
        known, content = await reads.message(_there(maybe_pool), caller, message_key)
        name = f"{known['message_type']}-{message_key}.xml"
        headers = {
            "content-disposition": f'attachment; filename="{name}"',
            "x-content-type-options": "nosniff",
        }
        data = reads.as_sent(content, known["sha256"])
        return Response(data, 200, headers, media_type="application/xml")

    return router


def _there(pool: Pool | None) -> Pool:
    assert pool is not None
    return pool
