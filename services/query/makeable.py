"""What a document can still be made from: approved sources of which something is left (出入库单生成核放单查询 and its like).

What is left is counted for each document as it is read, newest change first, at most MOST_LOOKED_AT of them a request; the cursor
goes on from there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from backbone import paging, parameters, postgres
from backbone.auth import Principal
from backbone.parameters import Parameter
from backbone.postgres import Connection, Pool, Record
from contracts.permissions import DOCUMENT_READ
from customs import clock
from customs.documents import KINDS, JsonObject
from customs.documents.balances import Balance, balances
from services.query import approved_sources, conditions, search, takers, workbook
from services.query.kind_facts import Pair
from services.query.lists import DEFAULT_LIMIT, item
from services.query.takers import Using

MOST_LOOKED_AT = 2_000
_MOST_SHOWN = 20
PARTLY = parameters.flag("partly", "是否已部分生成")


class Page(NamedTuple):
    """`end`: where the next look begins; None: nothing is left to look at."""

    items: list[dict[str, Any]]
    end: tuple[datetime, UUID] | None
    looked_at: int


def asked_of(pair: Pair) -> list[Parameter]:
    """The conditions of the source's own list, and whether a part of it was used already."""
    return [*conditions.narrowing(KINDS[pair.source]), PARTLY]


async def makeable(
    pool: Pool, caller: Principal, pair: Pair, asked: Mapping[str, object], today: str | None = None
) -> dict[str, Any]:
    """One page: `items` as the source's list has them, with how far they are used; `looked_at` tells what was gone through."""
    limit = asked.get("limit", DEFAULT_LIMIT)
    cursor = asked.get("cursor")
    assert isinstance(limit, int)
    async with (
        postgres.tenant_transaction(pool, caller.tenant_id) as connection,
        search.bounded(connection, asked),
    ):
        after = cursor if isinstance(cursor, tuple) else None
        page = await left(connection, caller, pair, asked, after, limit, today)
    return {
        "items": page.items,
        "looked_at": page.looked_at,
        "next_cursor": paging.encode(*page.end) if page.end is not None else None,
    }


async def left(
    connection: Connection,
    caller: Principal,
    pair: Pair,
    asked: Mapping[str, object],
    after: tuple[object, ...] | None,
    limit: int,
    today: str | None = None,
) -> Page:
    """At most `limit` that can still be used, of at most MOST_LOOKED_AT."""
    condition, arguments = await approved_sources.usable(connection, caller, pair, asked)
    day = today or f"{clock.today():%Y%m%d}"
    items: list[dict[str, Any]] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT:
        found = await approved_sources.read(connection, condition, arguments, after)
        for row, source_document, using in await approved_sources.with_users(connection, pair, found):
            looked_at += 1
            after = (row["updated_at"], row["document_id"])
            told = _left(pair, row, source_document, using, day, caller)
            if told is not None and asked.get("partly") in (None, told["partly"]):
                items.append({**item(row), **told})
            if len(items) == limit:
                return Page(items, (row["updated_at"], row["document_id"]), looked_at)
        if len(found) < approved_sources.AT_A_TIME:
            return Page(items, None, looked_at)
    assert after is not None
    last = found[-1]
    return Page(items, (last["updated_at"], last["document_id"]), looked_at)


async def every(
    connection: Connection, caller: Principal, pair: Pair, asked: Mapping[str, object]
) -> AsyncIterator[dict[str, Any]]:
    """All of them, for the workbook. Raises ListTooLong where more than its most rows are to be gone through."""
    after: tuple[object, ...] | None = None
    looked_at = 0
    while True:
        page = await left(connection, caller, pair, asked, after, workbook.MOST_ROWS)
        looked_at += page.looked_at
        for told in page.items:
            yield told
        if page.end is None:
            return
        if looked_at >= workbook.MOST_ROWS:
            raise workbook.ListTooLong()
        after = page.end


def _left(
    pair: Pair, row: Record, source: JsonObject | None, using: Sequence[Using], today: str, caller: Principal
) -> dict[str, Any] | None:
    """How far it is used; None where nothing of it can be used any more."""
    if source is None:
        return None
    if pair.by.why_not is not None and pair.by.why_not(source, row["authority"], today):
        return None
    holding = [each for each in using if each.user.standing != "draft"]
    counted = balances(KINDS[pair.source], source, [each.user for each in using])
    if holding and not (pair.by.by_rows and _something_left(counted, holding)):
        return None
    return {
        "documents": len(holding),
        "drafts": len(using) - len(holding),
        "partly": bool(holding),
        "rows_left": sum(1 for each in counted if each.remaining is None or each.remaining > 0),
        "made": [takers.known(each) for each in using if _readable(caller, each.row)][:_MOST_SHOWN],
    }


def _something_left(counted: Sequence[Balance], holding: Sequence[Using]) -> bool:
    if any(each.user.use.whole for each in holding):
        return False
    return any(each.remaining is None or each.remaining > 0 for each in counted)


def _readable(caller: Principal, row: Record) -> bool:
    scope = {name: row[name] for name in ("enterprise_id", "team_id", "client_id")}
    return caller.may(DOCUMENT_READ, **scope)
