"""HTTP of what can still be made from approved documents, and of what went where of their goods; both also as workbooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from backbone import parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import answer
from backbone.operations import WAIT_FOR, operation
from backbone.parameters import Parameter
from backbone.postgres import Connection, Pool
from contracts.answers.lists import GoodsMovements
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS
from customs.documents.schema import component_of, many_id, operation_id
from services.query import conditions, list_export, makeable, movements, search, waiting, workbook
from services.query.kind_facts import Pair, makings
from services.query.list_answers import makeable_of
from services.query.search import SearchTooBroad
from services.query.waiting import Applied
from services.query.workbook import MOST_ROWS, ListTooLong

_PAGING = (parameters.limit(conditions.MOST_ROWS), parameters.cursor())
_USED: Mapping[str, str] = {
    "documents": "已生成份数",
    "drafts": "暂存份数",
    "partly": "已部分生成",
    "rows_left": "有余量的商品行数",
}


def routes(maybe_pool: Pool | None, applied: Applied) -> list[APIRouter]:
    """Two routes for each way a document is made from others; `maybe_pool` None where only the schema is wanted."""
    return [
        *(_makeable(pair, maybe_pool, applied) for pair in makings()),
        *(_movements(pair, maybe_pool, applied) for pair in movements.moving()),
    ]


def _makeable(pair: Pair, maybe_pool: Pool | None, applied: Applied) -> APIRouter:
    source, target = KINDS[pair.source], pair.target
    router = APIRouter(prefix=f"/v1/makeable/{source.url}/{target.url}", tags=["makeable"])
    known = makeable.asked_of(pair)
    paged = [*known, *_PAGING]

    made = component_of(target)
    listed = operation(
        many_id("list", source, f"For{made}"),
        makeable_of(source.name, target.name),
        query=paged,
        headers=[WAIT_FOR],
        refuses=[SearchTooBroad],
    )

    @router.get("", **listed)
    async def page(request: Request, caller: Caller) -> Response:
        pool, asked, stale = await _asked(request, caller, paged, maybe_pool, applied)
        found = await makeable.makeable(pool, caller, pair, asked)
        found["next_cursor"] = parameters.following(request, paged, found["next_cursor"])
        return answer(200, {**found, "stale": stale}).response()

    page.__doc__ = f"{source.label} of which a {target.label} can still be made. Takes `Wait-For`."

    @router.get(
        "/list.xlsx",
        **operation(
            many_id("export", source, f"For{made}"),
            workbook.MEDIA,
            query=known,
            headers=[WAIT_FOR],
            refuses=[SearchTooBroad, ListTooLong],
        ),
    )
    async def export(request: Request, caller: Caller) -> Response:
        """The same as a workbook; `list_too_long` when more is to be gone through than one answer may."""
        pool, asked, _ = await _asked(request, caller, known, maybe_pool, applied)
        shown = list_export.columns(source)

        async def rows(connection: Connection) -> AsyncIterator[list[str | None]]:
            async for item in makeable.every(connection, caller, pair, asked):
                yield [*(tell(item) for tell in shown.values()), *(_cell(item[name]) for name in _USED)]

        title = f"可生成{target.label}的{source.label}"
        return await _book(pool, caller, asked, title, [*shown, *_USED.values()], rows)

    return router


def _movements(pair: Pair, maybe_pool: Pool | None, applied: Applied) -> APIRouter:
    source = KINDS[pair.source]
    router = APIRouter(prefix=f"/v1/goods-movements/{source.url}", tags=["makeable"])
    known = movements.asked_of(pair)
    paged = [*known, *_PAGING]

    listed = operation(
        operation_id("list", source, "GoodsMovements"),
        GoodsMovements,
        query=paged,
        headers=[WAIT_FOR],
        refuses=[SearchTooBroad],
    )

    @router.get("", **listed)
    async def page(request: Request, caller: Caller) -> Response:
        pool, asked, stale = await _asked(request, caller, paged, maybe_pool, applied)
        found = await movements.movements(pool, caller, pair, asked)
        found["next_cursor"] = parameters.following(request, paged, found["next_cursor"])
        return answer(200, {**found, "stale": stale}).response()

    page.__doc__ = (
        f"{source.label}货物进出: of each row what is on {pair.target.label}, through the gate, and left."
    )

    @router.get(
        "/list.xlsx",
        **operation(
            operation_id("export", source, "GoodsMovements"),
            workbook.MEDIA,
            query=known,
            headers=[WAIT_FOR],
            refuses=[SearchTooBroad, ListTooLong],
        ),
    )
    async def export(request: Request, caller: Caller) -> Response:
        """The same as a workbook, a row of goods a line."""
        pool, asked, _ = await _asked(request, caller, known, maybe_pool, applied)

        def rows(connection: Connection) -> AsyncIterator[list[str | None]]:
            return movements.table(connection, caller, pair, asked)

        return await _book(pool, caller, asked, f"{source.label}货物进出", movements.headings(pair), rows)

    return router


async def _book(
    pool: Pool,
    caller: Principal,
    asked: Mapping[str, object],
    title: str,
    headings: Sequence[str],
    rows: Any,
) -> Response:
    async with (
        workbook.at_once,
        postgres.tenant_transaction(pool, caller.tenant_id) as connection,
        search.bounded(connection, asked),
    ):
        book = await workbook.written(title, headings, _bounded(rows(connection)))
    return workbook.response(book, title, "list")


async def _bounded(rows: AsyncIterator[list[str | None]]) -> AsyncIterator[list[str | None]]:
    count = 0
    async for row in rows:
        count += 1
        if count > MOST_ROWS:
            raise ListTooLong()
        yield row


async def _asked(
    request: Request,
    caller: Principal,
    known: Sequence[Parameter],
    maybe_pool: Pool | None,
    applied: Applied,
) -> tuple[Pool, dict[str, object], bool]:
    assert maybe_pool is not None
    caller.require_anywhere(DOCUMENT_READ)
    asked = parameters.read(request, known)
    return (
        maybe_pool,
        asked,
        await waiting.stale(request, maybe_pool, caller, applied, "relations", "contents"),
    )


def _cell(value: object) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else str(value)
