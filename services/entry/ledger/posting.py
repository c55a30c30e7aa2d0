"""Bringing the ledger up to date in the transaction of what changed: once at its end, so that lines are locked in one order.

The postings a document should have are computed anew and compared with those it has; only the difference is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from backbone.postgres import Connection
from customs.ledger.accounts import REAL, Account
from customs.ledger.postings import Posting
from customs.ledger.versions import Goods
from services.entry.ledger import basing, reading, store
from services.entry.ledger.reading import Known, Moving
from services.entry.ledger.store import Difference, Moves, Place, Stand
from services.entry.relations.lock_order import LOCK_ORDER, ORDERED

Named = tuple[UUID, str, str]
"""Tenant, kind and customs number of a document."""


@dataclass(slots=True)
class Due:
    """What a transaction has to bring up to date before it ends."""

    documents: set[UUID] = field(default_factory=set)
    heard: dict[UUID, Moving] = field(default_factory=dict)
    """Steps of documents as this transaction knows them, locked."""
    passed: set[Named] = field(default_factory=set)
    """Documents whose goods went through the gate, or did not after all."""
    numbered: dict[Named, UUID] = field(default_factory=dict)
    """Documents that have just been given their customs number: a 核放单 may have passed with it before."""
    told: set[Place] = field(default_factory=set)
    """Lines of which INV211 said something."""
    carried: set[tuple[UUID, str]] = field(default_factory=set)
    """Documents that went through the gate, or did not after all, each with the kind whose goods it takes along."""

    def __bool__(self) -> bool:
        return bool(self.documents or self.passed or self.numbered or self.told or self.carried)


async def settle(connection: Connection, due: Due) -> None:
    """Everything that is due. Documents, then lines are locked, each in their order."""
    if not due:
        return
    due.passed |= await _carried(connection, due.carried)
    await lock_numbers(connection, due.passed | due.numbered.keys())
    rows = await _documents(connection, due)
    if not rows and not due.told:
        return
    wanted = await reading.postings_wanted(connection, rows)
    there = await store.postings_of(connection, list(wanted))
    differences, goods = [], {}
    for row in rows:
        tenant_id, own = row.known.tenant_id, row.known.document_id
        differences.append(store.difference(tenant_id, own, there[own], wanted[own].postings))
        goods.update({Place(tenant_id, line): told for line, told in wanted[own].goods.items()})
    await apply(connection, differences, goods, told=due.told)


async def lock_numbers(connection: Connection, named: Collection[Named]) -> None:
    """Whoever numbers a document and whoever tells of its passage must see one another."""
    if named:
        # Taken one by one, as they stand in the array.
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(n.name, 5)) FROM unnest($1::text[]) AS n (name)",
            [f"{tenant_id}/{kind}/{number}" for tenant_id, kind, number in sorted(named)],
        )


async def _carried(connection: Connection, carried: Collection[tuple[UUID, str]]) -> set[Named]:
    """The documents whose goods these take along, by the numbers under which they name them."""
    if not carried:
        return set()
    rows = await connection.fetch(
        "SELECT l.tenant_id, l.on_kind, l.on_no FROM leanings AS l JOIN unnest($1::uuid[], $2::text[]) "
        "AS n (document_id, on_kind) ON l.document_id = n.document_id AND l.on_kind = n.on_kind",
        *zip(*carried, strict=True),
    )
    return {(row["tenant_id"], row["on_kind"], row["on_no"]) for row in rows}


async def _documents(connection: Connection, due: Due) -> list[Moving]:
    """In their order, locked."""
    ids = {*due.documents, *await _leaned_on(connection, due)}
    ids |= await documents_named(connection, due.passed)
    unheard = [document_id for document_id in ids if document_id not in due.heard]
    found = [due.heard[document_id] for document_id in ids if document_id in due.heard]
    if unheard:
        rows = await connection.fetch(
            "SELECT document_id, tenant_id, kind, state, seq_no, customs_no FROM documents "  # noqa: S608 - our own text
            f"WHERE document_id = ANY($2::uuid[]) ORDER BY {ORDERED} FOR UPDATE",
            list(LOCK_ORDER),
            unheard,
        )
        found += await reading.all_moving(connection, [Known(*row) for row in rows])
    return sorted(found, key=lambda each: each.known.document_id)


async def documents_named(connection: Connection, named: Collection[Named]) -> set[UUID]:
    """The documents that customs gave these numbers."""
    if not named:
        return set()
    rows = await connection.fetch(
        "SELECT d.document_id FROM documents AS d JOIN unnest($1::uuid[], $2::text[], $3::text[]) "
        "AS n (tenant_id, kind, customs_no) ON d.tenant_id = n.tenant_id AND d.kind = n.kind "
        "AND d.customs_no = n.customs_no",
        *zip(*named, strict=True),
    )
    return {row["document_id"] for row in rows}


async def _leaned_on(connection: Connection, due: Due) -> set[UUID]:
    """Those just numbered that others had named before."""
    if not due.numbered:
        return set()
    rows = await connection.fetch(
        "SELECT DISTINCT n.document_id FROM leanings AS l "
        "JOIN unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) AS n (tenant_id, on_kind, on_no, document_id) "
        "ON l.tenant_id = n.tenant_id AND l.on_kind = n.on_kind AND l.on_no = n.on_no",
        *zip(*due.numbered, strict=True),
        list(due.numbered.values()),
    )
    return {row["document_id"] for row in rows}


async def apply(
    connection: Connection,
    differences: Sequence[Difference],
    goods: Mapping[Place, Goods],
    *,
    told: Collection[Place] = (),
) -> dict[Place, Stand]:
    """Write the differences; answers the lines they touch as they stand then (but for what `told` changes of them).

    `goods`: what the rows say of the lines. `told`: lines whose base may be another now.
    """
    moves = {place: Moves(goods=goods.get(place, {})) for place in told}
    since: dict[Place, list[tuple[Posting, Decimal]]] = {}
    for each in differences:
        for sign, postings in ((-1, each.gone), (1, each.come)):
            for posting in postings:
                place = Place(each.tenant_id, posting.line)
                move = moves.get(place)
                if move is None:
                    move = moves[place] = Moves(goods=goods.get(place, {}))
                _count(move, posting, sign)
                if posting.account in REAL:
                    since.setdefault(place, []).append((posting, sign * posting.quantity))
    stands = await store.lock(connection, moves)
    await store.add_since(connection, {place: _since(stands[place], moved) for place, moved in since.items()})
    await store.write(connection, differences)
    if told:
        await basing.rebase_locked(connection, told)
    await store.sweep(
        connection, {Place(d.tenant_id, posting.line) for d in differences for posting in d.gone}
    )
    return stands


def _count(move: Moves, posting: Posting, sign: int) -> None:
    if posting.account is Account.PRE_IN:
        move.pre_in += sign * posting.quantity
    elif posting.account is Account.PRE_OUT:
        move.pre_out += sign * posting.quantity


def _since(stand: Stand, moved: Sequence[tuple[Posting, Decimal]]) -> tuple[Decimal, Decimal]:
    """How much of it the base does not hold: 实增, 实减."""
    sums = {Account.REAL_IN: Decimal(0), Account.REAL_OUT: Decimal(0)}
    for posting, quantity in moved:
        if stand.base_at is None or posting.counted_at is None or posting.counted_at > stand.base_at:
            sums[posting.account] += quantity
    return sums[Account.REAL_IN], sums[Account.REAL_OUT]
