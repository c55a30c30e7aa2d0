"""A list as a workbook: the same conditions as the list, every row of one moment, written beside the loop as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from backbone import postgres
from backbone.auth import Caller, Principal
from backbone.operations import operation
from backbone.postgres import Pool, Record
from backbone.refusals import NotFound
from contracts.permissions import DOCUMENT_READ
from customs import clock
from customs.documents import Kind
from customs.documents.schema import many_id
from services.query import conditions, search, workbook
from services.query.columns import heading
from services.query.kind_facts import told_fields
from services.query.lists import item
from services.query.saved_views_api import VIEW, chosen_columns, wanted
from services.query.used_by_column import used_by, users_label, users_of
from services.query.workbook import MOST_ROWS, ListTooLong

_AT_A_TIME = 200
"""Rows read at a time."""
Shown = Callable[[Mapping[str, Any]], str | None]


def routes(kind: Kind, pool: Pool | None) -> APIRouter:
    """`GET /v1/<kind>/list.xlsx`; `pool` is None where only the schema is wanted."""
    router = APIRouter(prefix=f"/v1/{kind.url}", tags=[kind.name])
    known = [*conditions.narrowing(kind), VIEW, chosen_columns(kind)]

    @router.get(
        "/list.xlsx",
        **operation(
            many_id("export", kind),
            workbook.MEDIA,
            query=known,
            refuses=[search.SearchTooBroad, ListTooLong, NotFound],
        ),
    )
    async def list_export(request: Request, caller: Caller) -> Response:
        """The list under these conditions as a workbook, newest change first, at most 50,000 rows. Takes `view`, `columns`."""
        assert pool is not None
        caller.require_anywhere(DOCUMENT_READ)
        given = await wanted(request, pool, caller, kind, known)
        shown = chosen(kind, given.columns) if given.columns else columns(kind)
        book = await exported(pool, caller, kind, given.values, shown)
        return workbook.response(book, f"{kind.label}清单", kind.name)

    return router


async def exported(
    pool: Pool, caller: Principal, kind: Kind, asked: Mapping[str, object], shown: Mapping[str, Shown]
) -> bytes:
    """The workbook with the columns of `shown`. Raises ListTooLong, Unavailable."""
    arguments: list[object] = []
    condition = conditions.where(kind, caller, asked, arguments)
    async with (
        workbook.at_once,
        postgres.tenant_transaction(pool, caller.tenant_id) as connection,
        search.bounded(connection, asked),
    ):
        condition += await search.condition(connection, caller, kind, asked, arguments)
        found = await connection.fetchval(
            f"SELECT count(*) FROM (SELECT 1 FROM documents WHERE {condition} LIMIT {MOST_ROWS + 1}) AS found",  # noqa: S608 - conditions are ours
            *arguments,
        )
        if found > MOST_ROWS:
            raise ListTooLong()
        selected = f"SELECT *, {used_by(kind, caller, arguments)} FROM documents WHERE {condition} "  # noqa: S608
        cursor = connection.cursor(
            f"{selected}ORDER BY updated_at DESC, document_id DESC", *arguments, prefetch=_AT_A_TIME
        )
        return await workbook.written(kind.label, [*shown], _rows(cursor, shown))


async def _rows(cursor: AsyncIterable[Record], shown: Mapping[str, Shown]) -> AsyncIterator[list[str | None]]:
    """Every row of one statement, so of one moment, as the workbook takes them."""
    async for row in cursor:
        known = item(row)
        yield [tell(known) for tell in shown.values()]


def columns(kind: Kind) -> dict[str, Shown]:
    """What the workbook shows of a document, by heading, in this order."""
    fields = kind.section("head").fields
    found: dict[str, Shown] = {
        fields[name].label: _field(name) for name in ("seq_no", "customs_no", "internal_no") if name in fields
    }
    found["状态"] = lambda known: known["state_label"]
    found |= {fields[name].label: _field(name) for name in (*kind.listed, *told_fields(kind.name))}
    if users_of(kind.name):
        found[f"{users_label(kind.name)}预录入编号"] = _any("used_by_nos")
    found["表体行数"] = lambda known: str(known["lines"])
    for label, name in (
        ("申报时间", "declared_at"),
        ("通过时间", "approved_at"),
        ("录入时间", "created_at"),
        ("更新时间", "updated_at"),
    ):
        found.setdefault(label, _moment(name))
    found["逾期"] = lambda known: "是" if known["overdue"] else None
    found["需要人工处理"] = lambda known: "是" if known["needs_operator"] else None
    return found


def chosen(kind: Kind, names: Sequence[str]) -> dict[str, Shown]:
    """The same of the columns a user chose."""
    return {heading(kind, name): _any(name) for name in names}


def _any(name: str) -> Shown:
    def tell(known: Mapping[str, Any]) -> str | None:
        value = known.get(name)
        if isinstance(value, datetime):
            return _moment(name)(known)
        if isinstance(value, bool):
            return "是" if value else None
        if isinstance(value, Mapping):
            return str(value.get("label", ""))
        if isinstance(value, list):
            return "；".join(
                str(each.get("internal_no")) if isinstance(each, Mapping) else str(each) for each in value
            )
        return _field(name)(known)

    return tell


def _field(name: str) -> Shown:
    def tell(known: Mapping[str, Any]) -> str | None:
        value, label = known.get(name), known["labels"].get(name)
        if value is None:
            return None
        return f"{value} {label}" if label and label != value else str(value)

    return tell


def _moment(name: str) -> Shown:
    def tell(known: Mapping[str, Any]) -> str | None:
        at = known.get(name)
        return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else None

    return tell
