"""A document that others take from: a 变更 must leave them what they hold, and what is used is not deleted or voided.

Drafts of others hold nothing. Whoever declares one more takes the lock on this row first, so nothing slips between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from backbone.beside import beside_loop
from backbone.postgres import Connection
from contracts.problems import Problem, problem
from customs.documents import JsonObject, Kind
from customs.documents.amounts import plain
from customs.documents.balances import balances
from customs.documents.making import GOODS, Key, Making, decimal_of
from services.entry.document.store import Document
from services.entry.relations import remaining
from services.entry.relations.remaining import Using


async def too_low(
    connection: Connection, kind: Kind, row: Document, approved: JsonObject, wanted: JsonObject
) -> list[Problem]:
    """Rows of the wanted version that are less than what others hold of the approved one, or are gone."""
    found: list[Problem] = []
    for target, making in remaining.makings_of(kind):
        using = await _holding(connection, target, making, row, approved)
        if using:
            found += await beside_loop(len(row.content), _too_low, kind, target, approved, wanted, using)
    return found


async def why_kept(connection: Connection, kind: Kind, row: Document, approved: JsonObject) -> str | None:
    """Why the document cannot be deleted or voided: who uses it, as a Chinese sentence; None: nobody does."""
    for target, making in remaining.makings_of(kind):
        using = await _holding(connection, target, making, row, approved)
        if using:
            named = "、".join(each.row.internal_no for each in using[:3])
            more = f"等{len(using)}份" if len(using) > 3 else ""
            return f"已被{target.label}（企业内部编号{named}{more}）使用，请先作废或删除后者"
    return None


async def _holding(
    connection: Connection, target: Kind, making: Making, row: Document, approved: JsonObject
) -> Sequence[Using]:
    if row.customs_no is None:
        return ()
    users = await remaining.users(connection, target, making, {row.customs_no: approved})
    return [each for each in users[row.customs_no] if each.user.standing != "draft"]


def _too_low(
    kind: Kind, target: Kind, approved: JsonObject, wanted: JsonObject, using: Sequence[Using]
) -> list[Problem]:
    names = kind.section(GOODS).row_key
    rows = {_key(names, given): (place, given) for place, given in enumerate(_rows(wanted))}
    label = kind.section(GOODS).fields["quantity"].label
    found = []
    for balance in balances(kind, approved, [each.user for each in using]):
        place, given = rows.get(balance.key, (None, {}))
        quantity = decimal_of(given, "quantity") or Decimal(0)
        if balance.held <= quantity:
            continue
        pointer = f"/{GOODS}" if place is None else f"/{GOODS}/{place}/quantity"
        row = kind.section(GOODS).row_label.format(balance.place + 1)
        found.append(
            problem(
                "less_than_used",
                pointer,
                field=f"{row}「{label}」",
                value=plain(quantity),
                held=plain(balance.held),
                users=target.label,
            )
        )
    return found


def _rows(document: JsonObject) -> Sequence[Mapping[str, Any]]:
    rows = document.get(GOODS)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _key(names: Sequence[str], row: Mapping[str, Any]) -> Key:
    return tuple(row.get(name) for name in names)
