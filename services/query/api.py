"""HTTP in: lists, timelines and messages of every kind, and single messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request, Response

from backbone import parameters
from backbone.auth import Caller
from backbone.http import answer, attachment, create_app
from backbone.operations import WAIT_FOR, Media, operation
from backbone.postgres import Pool
from backbone.refusals import NotFound
from contracts.answers.lists import DocumentCounts, Gatherings, Messages, MessageText, Relations, Timeline
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS, Kind
from customs.documents.schema import many_id, operation_id
from services.query import (
    conditions,
    gatherings,
    list_export,
    lists,
    live_stream,
    one_document,
    relations,
    saved_views_api,
    search,
    still_to_make_api,
    support_bundle,
    waiting,
)
from services.query.columns import narrowed
from services.query.list_answers import page_of
from services.query.saved_views_api import VIEW, chosen_columns, wanted
from services.query.waiting import Applied

_REFUSED = (search.SearchTooBroad, NotFound)
"""A saved view may not be found."""


def schema_app() -> FastAPI:
    """The application without connections, for OpenAPI."""
    app = create_app("query", title="Bondgate query")
    for router in (*routers(None, Applied()), live_stream.routes(None)):
        app.include_router(router)
    return app


def routers(pool: Pool | None, applied: Applied) -> list[APIRouter]:
    """Of every kind, of messages, and of what waits to be gathered."""
    return [
        *(_of_kind(kind, pool, applied) for kind in KINDS.values()),
        *(list_export.routes(kind, pool) for kind in KINDS.values()),
        saved_views_api.routes(pool),
        _of_messages(pool),
        _of_gatherings(pool, applied),
        *still_to_make_api.routes(pool, applied),
        *(support_bundle.routes(kind, pool) for kind in KINDS.values()),
    ]


def _of_kind(kind: Kind, maybe_pool: Pool | None, applied: Applied) -> APIRouter:
    router = APIRouter(prefix=f"/v1/{kind.url}", tags=[kind.name])
    asked = [*conditions.of_kind(kind), VIEW, chosen_columns(kind)]
    narrowing = [*conditions.narrowing(kind), VIEW]

    @router.get(
        "",
        **operation(
            many_id("list", kind),
            page_of(kind.name),
            query=asked,
            headers=[WAIT_FOR],
            refuses=_REFUSED,
        ),
    )
    async def listing(request: Request, caller: Caller) -> Response:
        """Newest change first. `Wait-For: <id>@<version>` waits up to 2 s for a write of one's own; then `stale`.

        `view` takes conditions and columns of a saved view, under the parameters given beside it.
        """
        pool = _there(maybe_pool)
        caller.require_anywhere(DOCUMENT_READ)
        given = await wanted(request, pool, caller, kind, asked)
        stale = await waiting.stale(request, pool, caller, applied, *_beside(given.values))
        page = await lists.listing(pool, caller, kind, given.values)
        page["next_cursor"] = parameters.following(request, asked, page["next_cursor"])
        if given.columns:
            page["items"] = [narrowed(item, given.columns) for item in page["items"]]
        return answer(200, {**page, "stale": stale}).response()

    @router.get(
        "/counts",
        **operation(
            many_id("count", kind),
            DocumentCounts,
            query=narrowing,
            headers=[WAIT_FOR],
            refuses=_REFUSED,
        ),
    )
    async def counts(request: Request, caller: Caller) -> Response:
        """How many the list has under the same conditions, by state, open round, and what waits for whom."""
        pool = _there(maybe_pool)
        caller.require_anywhere(DOCUMENT_READ)
        given = await wanted(request, pool, caller, kind, narrowing)
        stale = await waiting.stale(request, pool, caller, applied, *_beside(given.values))
        return answer(
            200, {**await lists.counts(pool, caller, kind, given.values), "stale": stale}
        ).response()

    timed = operation(operation_id("read", kind, "Timeline"), Timeline, headers=[WAIT_FOR])

    @router.get("/{document_id}/timeline", **timed)
    async def timeline(request: Request, document_id: UUID, caller: Caller) -> Response:
        """Everything that happened, the oldest first. Takes `Wait-For` as the list does."""
        pool = _there(maybe_pool)
        stale = await waiting.stale(request, pool, caller, applied, "timeline")
        found = await one_document.timeline(pool, caller, kind, document_id)
        return answer(200, {**found, "stale": stale}).response()

    @router.get(
        "/{document_id}/relations",
        **operation(
            operation_id("read", kind, "Relations"),
            Relations,
            headers=[WAIT_FOR],
        ),
    )
    async def related(
        request: Request, document_id: UUID, caller: Caller, asked: Annotated[relations.LevelsAsked, Query()]
    ) -> Response:
        """What it leans on (up) and what leans on it (down), level by level. Takes `Wait-For` as the list does."""
        pool = _there(maybe_pool)
        stale = await waiting.stale(request, pool, caller, applied, "relations")
        found = await relations.relations(pool, caller, kind, document_id, asked.levels)
        return answer(200, {**found, "stale": stale}).response()

    @router.get("/{document_id}/messages", **operation(operation_id("list", kind, "Messages"), Messages))
    async def messages(document_id: UUID, caller: Caller) -> Response:
        """Raw uploads and receipts, without their text."""
        return answer(
            200, await one_document.messages(_there(maybe_pool), caller, kind, document_id)
        ).response()

    return router


def _of_messages(maybe_pool: Pool | None) -> APIRouter:
    router = APIRouter(prefix="/v1/messages", tags=["messages"])

    @router.get("/{message_key}", **operation("readMessage", MessageText))
    async def one(message_key: UUID, caller: Caller) -> Response:
        """One message with its text."""
        known, content = await one_document.message(_there(maybe_pool), caller, message_key)
        return answer(200, {**known, "text": content.decode("utf-8", "replace")}).response()

    @router.get("/{message_key}/file", **operation("downloadMessage", Media("application/xml")))
    async def file(message_key: UUID, caller: Caller) -> Response:
        """Its bytes, as a file to keep."""
        known, content = await one_document.message(_there(maybe_pool), caller, message_key)
        headers = {
            "content-disposition": attachment(f"{known['message_type']}-{message_key}.xml"),
            "x-content-type-options": "nosniff",
        }
        data = one_document.as_sent(content, known["sha256"])
        return Response(data, 200, headers, media_type="application/xml")

    return router


def _of_gatherings(maybe_pool: Pool | None, applied: Applied) -> APIRouter:
    router = APIRouter(prefix="/v1/gatherings", tags=["gatherings"])

    waited = operation("listGatherings", Gatherings, headers=[WAIT_FOR])

    @router.get("", **waited)
    async def waiting_bills(
        request: Request, caller: Caller, asked: Annotated[gatherings.GatheringsAsked, Query()]
    ) -> Response:
        """Per 申报表 the 出入库单 that wait for a 集报清单, the earliest legal deadline first. Takes `Wait-For`."""
        pool = _there(maybe_pool)
        caller.require_anywhere(DOCUMENT_READ)
        given = asked.model_dump(exclude_none=True)
        stale = await waiting.stale(request, pool, caller, applied)
        return answer(200, {**await gatherings.gatherings(pool, caller, given), "stale": stale}).response()

    return router


def _beside(asked: Mapping[str, object]) -> tuple[str, ...]:
    """The views that a list under these conditions rests on besides."""
    return ("searchable",) if "q" in asked else ("relations",) if "used_by_no" in asked else ()


def _there(pool: Pool | None) -> Pool:
    assert pool is not None
    return pool
