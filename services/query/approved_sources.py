"""Approved documents that others are made from, with their approved content and whoever takes from them, chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from backbone.auth import Principal
from backbone.postgres import Connection, Record
from customs.documents import KINDS, JsonObject
from customs.documents.amounts import plain
from customs.documents.balances import Balance
from services.query import conditions, search, takers
from services.query.kind_facts import Pair
from services.query.takers import Using

AT_A_TIME = 100
_ENDING = ("cancellation", "closure")
# Chosen first, so that contents are read of these alone.
_READ = """
WITH documents AS MATERIALIZED (
  SELECT * FROM documents WHERE {condition} ORDER BY updated_at DESC, document_id DESC LIMIT {at_a_time}
)
SELECT documents.*, sent.content AS approved_content FROM documents
  LEFT JOIN contents AS working ON working.document_id = documents.document_id AND working.part = 0
  LEFT JOIN contents AS sent ON sent.document_id = documents.document_id AND sent.part = working.approved_attempt_no
ORDER BY documents.updated_at DESC, documents.document_id DESC
"""


class Source(NamedTuple):
    """`document` None: the view of contents has no approved version yet."""

    row: Record
    document: JsonObject | None
    using: list[Using]


async def approved(
    connection: Connection, caller: Principal, pair: Pair, asked: Mapping[str, object]
) -> tuple[str, list[object]]:
    """The condition on documents of the pair's source that customs gave a number to, under what was asked."""
    source = KINDS[pair.source]
    arguments: list[object] = []
    condition = conditions.where(source, caller, asked, arguments)
    condition += await search.condition(connection, caller, source, asked, arguments)
    return f"{condition} AND customs_no IS NOT NULL", arguments


async def usable(
    connection: Connection, caller: Principal, pair: Pair, asked: Mapping[str, object]
) -> tuple[str, list[object]]:
    """The same of those in a state in which others are made from them, and whose end nobody has asked for."""
    condition, arguments = await approved(connection, caller, pair, asked)
    arguments += [sorted(pair.by.usable), list(_ENDING)]
    last = len(arguments)
    standing = f"state = ANY(${last - 1}) AND (round_purpose IS NULL OR round_purpose <> ALL(${last}))"
    return f"{condition} AND {standing}", arguments


async def read(
    connection: Connection, condition: str, arguments: Sequence[object], after: tuple[object, ...] | None
) -> list[Record]:
    """At most AT_A_TIME, newest change first, after (updated_at, document_id)."""
    given = [*arguments, *(after or ())]
    if after is not None:
        condition += f" AND (updated_at, document_id) < (${len(given) - 1}, ${len(given)})"
    return await connection.fetch(_READ.format(condition=condition, at_a_time=AT_A_TIME), *given)


async def with_users(connection: Connection, pair: Pair, rows: Sequence[Record]) -> list[Source]:
    """Each row with its approved content and its users."""

    def unpack() -> dict[str, JsonObject]:
        return {
            row["customs_no"]: takers.unpacked(row["approved_content"])
            for row in rows
            if row["approved_content"] is not None
        }

    documents = await asyncio.to_thread(unpack)
    using = await takers.users(connection, pair, documents) if documents else {}
    return [Source(row, documents.get(row["customs_no"]), using.get(row["customs_no"], [])) for row in rows]


def amounts(balance: Balance) -> dict[str, str | None]:
    """The same words as entry's `remaining`."""
    return {
        "quantity": None if balance.quantity is None else plain(balance.quantity),
        "held": plain(balance.held),
        "approved": plain(balance.approved),
        "passed": plain(balance.passed),
        "drafted": plain(balance.drafted),
        "remaining": None if balance.remaining is None else plain(balance.remaining),
    }
