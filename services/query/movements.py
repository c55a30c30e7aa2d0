"""What of each approved row went where (申报表货物进出查询): declared, approved, through the gate, left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from backbone import paging, parameters, postgres
from backbone.auth import Principal
from backbone.parameters import Parameter
from backbone.postgres import Connection, Pool
from customs.documents import KINDS
from customs.documents.balances import balances
from customs.documents.making import GOODS
from services.query import approved_sources, conditions, search
from services.query.approved_sources import Source
from services.query.kind_facts import Pair, makings
from services.query.lists import DEFAULT_LIMIT
from services.query.search_text import folded
from services.query.wording import state_label

MOST_ROWS = 2_000
"""Of a page; the document that reaches it is its last."""
_MOST_LOOKED_AT = 2_000
_ABOUT = ("internal_no", "seq_no", "customs_no", "state", "approved_at")
_GOODS_FIELDS = (
    "line_no",
    "material_mark",
    "material_no",
    "hs_code",
    "name",
    "specification",
    "unit",
    "currency",
)
_MATCHED = ("material_no", "hs_code", "name", "specification")
_SUMS = {
    "quantity": "申报数量",
    "held": "已申报数量",
    "approved": "其中已审核通过",
    "passed": "已过卡数量",
    "remaining": "余量",
    "drafted": "暂存未申报数量",
}
_GOODS = parameters.text("goods", "商品（料号、商品编码、名称或规格的一部分）")
_LEFT = parameters.flag("left", "是否有余量")


def moving() -> tuple[Pair, ...]:
    """Pairs whose goods are taken by rows and then go through the gate on a third kind."""
    onward = {pair.source for pair in makings() if pair.by.passed}
    return tuple(pair for pair in makings() if pair.by.by_rows and pair.target.name in onward)


def asked_of(pair: Pair) -> list[Parameter]:
    """The conditions of the source's own list, its goods, and whether something is left of a row."""
    return [*conditions.narrowing(KINDS[pair.source]), _GOODS, _LEFT]


async def movements(pool: Pool, caller: Principal, pair: Pair, asked: Mapping[str, object]) -> dict[str, Any]:
    """One page: `items`, a document with its `rows` each, and `next_cursor`."""
    limit, cursor = asked.get("limit", DEFAULT_LIMIT), asked.get("cursor")
    assert isinstance(limit, int)
    items: list[dict[str, Any]] = []
    looked_at = rows = 0
    last: str | None = None
    async with (
        postgres.tenant_transaction(pool, caller.tenant_id) as connection,
        search.bounded(connection, asked),
    ):
        after = cursor if isinstance(cursor, tuple) else None
        async for source in _sources(connection, caller, pair, asked, after):
            if looked_at == _MOST_LOOKED_AT or len(items) == limit or rows >= MOST_ROWS:
                return {"items": items, "next_cursor": last}
            looked_at += 1
            last = paging.encode(source.row["updated_at"], source.row["document_id"])
            item = _item(pair, source, asked)
            if item["rows"]:
                items.append(item)
                rows += len(item["rows"])
    return {"items": items, "next_cursor": None}


def headings(pair: Pair) -> list[str]:
    """Of the workbook."""
    kind = KINDS[pair.source]
    head, goods = kind.section("head").fields, kind.section(GOODS).fields
    about = [head[name].label if name in head else name for name in ("internal_no", "seq_no", "customs_no")]
    parties = [head[name].label for name in _parties(pair) if name in head]
    return [
        *about,
        "状态",
        *parties,
        *(goods[name].label for name in _GOODS_FIELDS if name in goods),
        *_SUMS.values(),
    ]


async def table(
    connection: Connection, caller: Principal, pair: Pair, asked: Mapping[str, object]
) -> AsyncIterator[list[str | None]]:
    """Its rows: one for each row of each document."""
    goods = KINDS[pair.source].section(GOODS).fields
    async for source in _sources(connection, caller, pair, asked, None):
        item = _item(pair, source, asked)
        about = [item[name] for name in ("internal_no", "seq_no", "customs_no", "state_label")]
        parties = [item[name] for name in _parties(pair)]
        for row in item["rows"]:
            told = [row[name] for name in _GOODS_FIELDS if name in goods]
            yield [
                None if cell is None else str(cell)
                for cell in (*about, *parties, *told, *(row[name] for name in _SUMS))
            ]


def _parties(pair: Pair) -> tuple[str, str]:
    principal = KINDS[pair.source].principal
    return f"{principal}_code", f"{principal}_name"


async def _sources(
    connection: Connection,
    caller: Principal,
    pair: Pair,
    asked: Mapping[str, object],
    after: tuple[object, ...] | None,
) -> AsyncIterator[Source]:
    condition, arguments = await approved_sources.approved(connection, caller, pair, asked)
    while True:
        rows = await approved_sources.read(connection, condition, arguments, after)
        for source in await approved_sources.with_users(connection, pair, rows):
            yield source
        if len(rows) < approved_sources.AT_A_TIME:
            return
        after = (rows[-1]["updated_at"], rows[-1]["document_id"])


def _item(pair: Pair, source: Source, asked: Mapping[str, object]) -> dict[str, Any]:
    row = source.row
    return {
        "id": row["document_id"],
        "kind": row["kind"],
        **{name: row[name] for name in _ABOUT},
        "state_label": state_label(row["kind"], row["state"]),
        **{name: row["listed"].get(name) for name in _parties(pair)},
        "documents": sum(1 for each in source.using if each.user.standing != "draft"),
        "rows": _rows(pair, source, asked),
    }


def _rows(pair: Pair, source: Source, asked: Mapping[str, object]) -> list[dict[str, Any]]:
    if source.document is None:
        return []
    wanted = folded(str(asked.get("goods", "")))
    goods = source.document.get(GOODS) or []
    assert isinstance(goods, list)
    found = []
    for balance in balances(KINDS[pair.source], source.document, [each.user for each in source.using]):
        row = goods[balance.place]
        assert isinstance(row, dict)
        if wanted and not any(wanted in folded(str(row.get(name, ""))) for name in _MATCHED):
            continue
        left = balance.remaining is None or balance.remaining > 0
        if asked.get("left") in (None, left):
            found.append(
                {**{name: row.get(name) for name in _GOODS_FIELDS}, **approved_sources.amounts(balance)}
            )
    return found
