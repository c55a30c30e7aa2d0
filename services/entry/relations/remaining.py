"""How much of an approved document others have taken, counted from the documents there are; nothing is booked.

A document holds what it takes from its declaration until it is refused, returned or voided: the same that `leaning` counts
under the lock when one more is declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.postgres import Connection
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS, JsonObject, Kind
from customs.documents.amounts import plain
from customs.documents.balances import ENDED, Balance, User, balances, passed_part
from customs.documents.making import GOODS, Making, Use
from services.entry.document import store
from services.entry.document.opening import load
from services.entry.document.store import Document
from services.entry.document.versions import approved_document
from services.entry.relations.holding import HOLDS_NOTHING, held_by

_SHOWN = ("line_no", "material_mark", "material_no", "name", "unit")


@dataclass(frozen=True, slots=True)
class Using:
    """A document that takes from another."""

    row: Document
    user: User


def makings_of(source: Kind) -> list[tuple[Kind, Making]]:
    """The kinds whose documents are made from those of this kind, and how."""
    return [
        (target, making)
        for target in KINDS.values()
        for making in target.made_from
        if making.source == source.name
    ]


async def users(
    connection: Connection, target: Kind, making: Making, sources: Mapping[str, JsonObject]
) -> dict[str, list[Using]]:
    """Documents of `target` that take from the sources, by the source's number: number → approved content."""
    found: dict[str, list[Using]] = {number: [] for number in sources}
    standing = await store.leaning_on(connection, making.source, list(sources), target.name, without=ENDED)
    passed = await _passed(connection, target, making, [row for _, row in standing])
    for number, row in standing:
        content, size = await held_by(connection, row), len(row.content)
        use = await beside_loop(size, making.uses, content, number, sources[number])
        # A draft may lean on another document by now.
        if use:
            gone = passed.get(row.document_id)
            through = await beside_loop(size, making.uses, gone, number, sources[number]) if gone else Use()
            found[number].append(Using(row, User(use, _standing(row), through)))
    return found


def _standing(row: Document) -> Literal["draft", "declared", "approved"]:
    if row.state in HOLDS_NOTHING:
        return "draft"
    return "declared" if row.approved_attempt_no is None else "approved"


async def _passed(
    connection: Connection, target: Kind, making: Making, rows: Sequence[Document]
) -> dict[UUID, JsonObject]:
    """The content of each document, cut down to what of it has gone through the gate."""
    if making.passed:
        return {row.document_id: row.document for row in rows if row.state in making.passed}
    known = {row.customs_no: row for row in rows if row.customs_no is not None}
    found: dict[UUID, JsonObject] = {}
    for further, by in makings_of(target):
        if not (by.passed and making.by_rows and known):
            continue
        contents = {number: row.document for number, row in known.items()}
        for number, using in (await users(connection, further, by, contents)).items():
            row = known[number]
            taking = [each.user for each in using]
            found[row.document_id] = await beside_loop(
                len(row.content), passed_part, target, contents[number], taking
            )
    return found


async def remaining(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID
) -> dict[str, object]:
    """Per kind that is made from this one: every row with what is held, passed and left, and by which documents.

    Raises NotFound, also while customs has not approved the document.
    """
    row = await load(connection, caller, kind, document_id, DOCUMENT_READ)
    approved = await approved_document(connection, row)
    told = []
    for target, making in makings_of(kind):
        number = row.customs_no
        using = (await users(connection, target, making, {number: approved}))[number] if number else []
        size = len(row.content)
        told.append(await beside_loop(size, _told, kind, target, making, approved, using, caller))
    return {
        "id": row.document_id,
        "kind": row.kind,
        "number": row.customs_no,
        "state": row.state,
        "version": row.version,
        "by_kind": told,
    }


def _told(
    kind: Kind,
    target: Kind,
    making: Making,
    approved: JsonObject,
    using: Sequence[Using],
    caller: Principal,
) -> dict[str, object]:
    goods = approved[GOODS]
    assert isinstance(goods, list)
    by_row: dict[int, list[dict[str, object]]] = {}
    counted = balances(kind, approved, [each.user for each in using])
    places = {balance.key: balance.place for balance in counted}
    for index, each in enumerate(using):
        for key, quantity in each.user.use.rows.items():
            if key in places and quantity:
                by_row.setdefault(places[key], []).append({"document": index, "quantity": plain(quantity)})
    return {
        "kind": target.name,
        "label": target.label,
        "in_part": making.by_rows,
        "documents": [_document(each, caller) for each in using],
        "rows": [
            {**_shown(goods[balance.place]), **_amounts(balance), "by": by_row.get(balance.place, [])}
            for balance in counted
        ],
    }


def _shown(row: object) -> dict[str, object]:
    return {name: row[name] for name in _SHOWN if name in row} if isinstance(row, dict) else {}


def _amounts(balance: Balance) -> dict[str, object]:
    return {
        "quantity": None if balance.quantity is None else plain(balance.quantity),
        "held": plain(balance.held),
        "approved": plain(balance.approved),
        "passed": plain(balance.passed),
        "drafted": plain(balance.drafted),
        "remaining": None if balance.remaining is None else plain(balance.remaining),
    }


def _document(each: Using, caller: Principal) -> dict[str, object]:
    """Who may not read a document learns what it holds and nothing else of it."""
    row, told = each.row, {"standing": each.user.standing, "whole": each.user.use.whole}
    scope = {"enterprise_id": row.enterprise_id, "team_id": row.team_id, "client_id": row.client_id}
    if not caller.may(DOCUMENT_READ, **scope):
        return {**told, "id": None}
    return {
        **told,
        "id": row.document_id,
        "internal_no": row.internal_no,
        "customs_no": row.customs_no,
        "state": row.state,
        "state_label": row.of_kind.life.states[row.state].label,
    }
