"""HTTP of batches: ordered under the kind of their documents, followed under `/v1/batches` by who ordered them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, paging, parameters, postgres
from backbone.auth import Caller
from backbone.http import Reply, answer, parse_object, read_json
from backbone.idempotency import answered
from backbone.operations import KEY, operation
from backbone.parameters import Asked
from backbone.postgres import Connection, Pool, Record
from contracts.answers.batches import BatchDetail, Batches, BatchItem, BatchSummary
from customs.documents import Kind
from customs.documents.schema import operation_id
from services.entry.batches import batch_store, running
from services.entry.batches.batch_store import Action, Batch
from services.entry.batches.running import MOST_DOCUMENTS, BatchEnded, BatchRunning, NothingRefused
from services.entry.document.kind_routes import Wake

_STATUSES: tuple[str, ...] = get_args(batch_store.Status)
_MOST_ROWS = 200
_ROWS = 50


class BatchDocument(BaseModel):
    """A document and the version the caller saw of it."""

    model_config = ConfigDict(extra="forbid")

    id: UUID = Field(title="单证")
    version: int = Field(ge=1, le=999_999_999, strict=True, title="版本")


class BatchOrder(BaseModel):
    """What to do, and with which documents, in this order."""

    model_config = ConfigDict(extra="forbid")

    action: Action = Field(title="操作")
    documents: list[BatchDocument] = Field(min_length=1, max_length=MOST_DOCUMENTS, title="单证清单")


class BatchRetry(BaseModel):
    """Refused and stale documents again. Without `documents` all of them, in the versions they have now."""

    model_config = ConfigDict(extra="forbid")

    only: Literal["refused"] = Field(title="范围")
    documents: list[BatchDocument] | None = Field(
        default=None, min_length=1, max_length=MOST_DOCUMENTS, title="单证清单"
    )


def _position() -> parameters.Parameter:
    def take(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 5):
            raise ValueError(value)
        return int(value)

    return parameters.cursor(take)


class BatchesAsked(Asked):
    """A page of batches."""

    limit: Annotated[int, parameters.limit(_MOST_ROWS)] = _ROWS
    cursor: Annotated[tuple[datetime, UUID] | None, parameters.cursor()] = None


class ItemsAsked(Asked):
    """A page of the documents of a batch."""

    status: Annotated[list[str] | None, parameters.choice("status", "结果", _STATUSES, many=True)] = None
    limit: Annotated[int, parameters.limit(MOST_DOCUMENTS)] = _ROWS
    cursor: Annotated[int | None, _position()] = None


def routes(kind: Kind, pool: Pool | None, wake: Wake) -> APIRouter:
    """`POST /v1/<kind>/batches`; `pool` is None where only the schema is wanted."""
    router = APIRouter(prefix=f"/v1/{kind.url}", tags=[kind.name])

    @router.post(
        "/batches",
        **operation(
            operation_id("order", kind, "Batch"), BatchSummary, status=202, body=BatchOrder, headers=[KEY]
        ),
    )
    async def order_batch(request: Request, caller: Caller) -> Response:
        """Declare, stage or delete up to 500 documents (批量); each has its own result, the others go on.

        Done in the background with the rights the caller has now.
        """
        body = await read_json(request)
        given = bodies.parse(BatchOrder, body)

        async def work(connection: Connection) -> Reply:
            batch = await running.order(connection, caller, kind, given.action, _pairs(given.documents))
            return await _told(connection, batch, 202)

        assert pool is not None
        route = f"{kind.name} batches"
        return await answered(pool, wake, request, caller, route=route, body=body, work=work)

    return router


def batch_routes(pool: Pool | None, wake: Wake) -> APIRouter:
    """`/v1/batches`: what the caller ordered, whatever its kind."""
    router = APIRouter(prefix="/v1/batches", tags=["batches"])

    def ready() -> Pool:
        assert pool is not None
        return pool

    @router.get(
        "",
        summary="Batches the caller ordered, the newest first",
        **operation("listBatches", Batches),
    )
    async def list_batches(
        request: Request, caller: Caller, asked: Annotated[BatchesAsked, Query()]
    ) -> Response:
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            found = await batch_store.of_caller(connection, caller, asked.cursor, asked.limit + 1)
            shown = found[: asked.limit]
            counts = await batch_store.counts(connection, [each.batch_id for each in shown])
        last = shown[-1] if len(found) > asked.limit else None
        place = None if last is None else paging.encode(last.ordered_at, last.batch_id)
        page = Batches(
            items=[_summary(each, counts[each.batch_id]) for each in shown],
            next_cursor=parameters.following(request, BatchesAsked, place),
        )
        return answer(200, page).response()

    @router.get(
        "/{batch_id}",
        summary="One batch with the results of its documents",
        **operation("readBatch", BatchDetail),
    )
    async def show_batch(
        request: Request, batch_id: UUID, caller: Caller, asked: Annotated[ItemsAsked, Query()]
    ) -> Response:
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            batch = await running.mine(connection, caller, batch_id)
            counts = await batch_store.counts(connection, [batch_id])
            rows = await batch_store.items(
                connection, batch_id, status=asked.status, after=asked.cursor or 0, limit=asked.limit + 1
            )
        shown = rows[: asked.limit]
        place = str(shown[-1]["position"]) if len(rows) > asked.limit else None
        detail = BatchDetail(
            **_summary(batch, counts[batch_id]).model_dump(),
            items=[_item(row) for row in shown],
            next_cursor=parameters.following(request, ItemsAsked, place),
        )
        return answer(200, detail).response()

    @router.post(
        "/{batch_id}/retry",
        summary="Do what was refused again, with the rights the caller has now",
        **operation(
            "retryBatch",
            BatchSummary,
            status=202,
            body=BatchRetry,
            headers=[KEY],
            refuses=[BatchRunning, NothingRefused],
        ),
    )
    async def retry_batch(request: Request, batch_id: UUID, caller: Caller) -> Response:
        body = await read_json(request)
        given = bodies.parse(BatchRetry, body)
        named = None if given.documents is None else _pairs(given.documents)

        async def work(connection: Connection) -> Reply:
            batch = await running.retry(connection, caller, batch_id, named)
            return await _told(connection, batch, 202)

        route = f"batches/{batch_id}/retry"
        return await answered(ready(), wake, request, caller, route=route, body=body, work=work)

    @router.post(
        "/{batch_id}/cancel",
        summary="Do not do what still waits",
        **operation("cancelBatch", BatchSummary, headers=[KEY], refuses=[BatchEnded]),
    )
    async def cancel_batch(request: Request, batch_id: UUID, caller: Caller) -> Response:
        body = await read_json(request)
        parse_object(body)

        async def work(connection: Connection) -> Reply:
            return await _told(connection, await running.cancel(connection, caller, batch_id), 200)

        route = f"batches/{batch_id}/cancel"
        return await answered(ready(), wake, request, caller, route=route, body=body, work=work)

    return router


async def _told(connection: Connection, batch: Batch, status: int) -> Reply:
    counts = await batch_store.counts(connection, [batch.batch_id])
    content = _summary(batch, counts[batch.batch_id])
    return answer(status, content, location=f"/v1/batches/{batch.batch_id}")


def _summary(batch: Batch, counts: dict[str, int]) -> BatchSummary:
    return BatchSummary(
        id=batch.batch_id,
        kind=batch.kind,
        action=batch.action,
        state=batch.state,
        counts={"total": sum(counts.values()), **{name: counts.get(name, 0) for name in _STATUSES}},
        ordered_by=batch.principal.name,
        ordered_at=batch.ordered_at,
        finished_at=batch.finished_at,
    )


def _item(row: Record) -> BatchItem:
    return BatchItem(**{**{n: v for n, v in row.items() if n != "position"}, "id": row["document_id"]})


def _pairs(documents: list[BatchDocument]) -> list[tuple[UUID, int]]:
    return [(each.id, each.version) for each in documents]
