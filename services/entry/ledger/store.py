"""Rows of the ledger: lines with their sums, and postings. Batches go as arrays, one statement each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from backbone.postgres import Connection, Record
from contracts.ledger.accounts import Account
from contracts.ledger.balances import Balance
from contracts.ledger.lines import Line
from contracts.ledger.postings import Posting
from contracts.ledger.versions import Goods

_NOTHING = Decimal(0)


class Place(NamedTuple):
    """A line of a tenant's book. Locks are taken in the order of this tuple."""

    tenant_id: UUID
    line: Line


@dataclass(slots=True)
class Moves:
    """What a transaction adds to the expected sums of a line, and what the rows that do so say of it."""

    pre_in: Decimal = _NOTHING
    pre_out: Decimal = _NOTHING
    goods: Goods = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stand:
    """A line as it stands, locked, after what the transaction added to it."""

    balance: Balance
    base_at: datetime | None
    unit: str | None
    limit_date: date | None


PostingKey = tuple[int, str, str]
"""Row number, account, cause: one posting of a document."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to become of a document's postings."""

    tenant_id: UUID
    document_id: UUID
    gone: Sequence[Posting]
    come: Sequence[Posting]


_LOCK = """
INSERT INTO ledger_lines AS l (tenant_id, book_no, mark, line_key, line_no, material_no, hs_code, name, unit, pre_in, pre_out)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::numeric[], $11::numeric[])
ON CONFLICT (tenant_id, book_no, mark, line_key) DO UPDATE SET
  pre_in = l.pre_in + excluded.pre_in, pre_out = l.pre_out + excluded.pre_out,
  material_no = coalesce(l.material_no, excluded.material_no), hs_code = coalesce(l.hs_code, excluded.hs_code),
  name = coalesce(l.name, excluded.name), unit = coalesce(l.unit, excluded.unit)
RETURNING tenant_id, book_no, mark, line_key, unit, limit_date, base_at, base_in, base_out, since_in, since_out, pre_in, pre_out
"""
_LARGEST = 2**63 - 1


async def lock(connection: Connection, moves: Mapping[Place, Moves]) -> dict[Place, Stand]:
    """Lock these lines in their order, made where they are not there yet, and add what moves to the expected sums."""
    places = sorted(moves)
    if not places:
        return {}
    each = [moves[place] for place in places]
    numbers = [place.line.line_no for place in places]
    rows = await connection.fetch(
        _LOCK,
        *_columns(places),
        [n if n is not None and n <= _LARGEST else None for n in numbers],
        [move.goods.get("material_no") for move in each],
        [move.goods.get("hs_code") for move in each],
        [move.goods.get("name") for move in each],
        [move.goods.get("unit") for move in each],
        [move.pre_in for move in each],
        [move.pre_out for move in each],
    )
    return {_place(row): _stand(row) for row in rows}


async def look(connection: Connection, tenant_id: UUID, lines: Collection[Line]) -> dict[Place, Stand]:
    """Lines as they stand, without a lock; those that are there."""
    places = [Place(tenant_id, line) for line in lines]
    rows = await connection.fetch(
        "SELECT l.* FROM ledger_lines AS l JOIN unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) "
        "AS m (tenant_id, book_no, mark, line_key) USING (tenant_id, book_no, mark, line_key)",
        *_columns(places),
    )
    return {_place(row): _stand(row) for row in rows}


def _columns(places: Sequence[Place]) -> tuple[list[UUID], list[str], list[str], list[str]]:
    return (
        [place.tenant_id for place in places],
        [place.line.book_no for place in places],
        [place.line.mark for place in places],
        [place.line.key for place in places],
    )


def _place(row: Record) -> Place:
    return Place(row["tenant_id"], Line(row["book_no"], row["mark"], row["line_key"]))


def _stand(row: Record) -> Stand:
    sums = {name: row[name] for name in Balance.__slots__}
    return Stand(Balance(**sums), row["base_at"], row["unit"], row["limit_date"])


async def add_since(connection: Connection, sums: Mapping[Place, tuple[Decimal, Decimal]]) -> None:
    """Add to 实增 and 实减 after the base; the lines must be locked."""
    places = [place for place, (came, went) in sums.items() if came or went]
    if not places:
        return
    await connection.execute(
        "UPDATE ledger_lines AS l SET since_in = l.since_in + m.came, since_out = l.since_out + m.went "
        "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::numeric[]) "
        "AS m (tenant_id, book_no, mark, line_key, came, went) WHERE l.tenant_id = m.tenant_id "
        "AND l.book_no = m.book_no AND l.mark = m.mark AND l.line_key = m.line_key",
        *_columns(places),
        [sums[place][0] for place in places],
        [sums[place][1] for place in places],
    )


async def sweep(connection: Connection, places: Collection[Place]) -> None:
    """Lines on which nothing stands any more go; they must be locked."""
    if not places:
        return
    await connection.execute(
        "DELETE FROM ledger_lines AS l USING unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) "
        "AS m (tenant_id, book_no, mark, line_key) WHERE l.tenant_id = m.tenant_id AND l.book_no = m.book_no "
        "AND l.mark = m.mark AND l.line_key = m.line_key AND l.base_kind IS NULL AND NOT EXISTS "
        "(SELECT FROM ledger_postings AS p WHERE p.tenant_id = l.tenant_id AND p.book_no = l.book_no "
        "AND p.mark = l.mark AND p.line_key = l.line_key)",
        *_columns(sorted(places)),
    )


async def postings_of(
    connection: Connection, document_ids: Sequence[UUID]
) -> dict[UUID, dict[PostingKey, Posting]]:
    """The postings there are, by document."""
    found: dict[UUID, dict[PostingKey, Posting]] = {document_id: {} for document_id in document_ids}
    rows = await connection.fetch(
        "SELECT document_id, row_no, account, cause, book_no, mark, line_key, quantity, unit, at, counted_at, "
        "nullif(source_id, document_id) AS source_id, receipt_id FROM ledger_postings WHERE document_id = ANY($1::uuid[])",
        document_ids,
    )
    for row in rows:
        posting = Posting(
            row["row_no"],
            Account(row["account"]),
            row["cause"],
            Line(row["book_no"], row["mark"], row["line_key"]),
            row["quantity"],
            row["unit"],
            row["at"],
            row["counted_at"],
            None if row["source_id"] is None else str(row["source_id"]),
            None if row["receipt_id"] is None else str(row["receipt_id"]),
        )
        found[row["document_id"]][name_of(posting)] = posting
    return found


def name_of(posting: Posting) -> PostingKey:
    return posting.row_no, posting.account.value, posting.cause


def difference(
    tenant_id: UUID, document_id: UUID, there: Mapping[PostingKey, Posting], wanted: Iterable[Posting]
) -> Difference:
    """What is there and not wanted, and what is wanted and not there."""
    named = {name_of(posting): posting for posting in wanted}
    return Difference(
        tenant_id,
        document_id,
        [posting for name, posting in there.items() if named.get(name) != posting],
        [posting for name, posting in named.items() if there.get(name) != posting],
    )


_INSERT = """
INSERT INTO ledger_postings (tenant_id, document_id, row_no, account, cause, book_no, mark, line_key, quantity, unit, at,
  counted_at, source_id, receipt_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::numeric[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::uuid[], $14::uuid[])
"""


async def write(connection: Connection, differences: Sequence[Difference]) -> None:
    """Postings go and come."""
    gone = [(each.document_id, *name_of(posting)) for each in differences for posting in each.gone]
    if gone:
        documents, rows, accounts, causes = zip(*gone, strict=True)
        await connection.execute(
            "DELETE FROM ledger_postings AS p USING unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[]) "
            "AS m (document_id, row_no, account, cause) WHERE p.document_id = m.document_id AND p.row_no = m.row_no "
            "AND p.account = m.account AND p.cause = m.cause",
            documents,
            rows,
            accounts,
            causes,
        )
    come = [(each, posting) for each in differences for posting in each.come]
    if come:
        await connection.execute(
            _INSERT,
            [each.tenant_id for each, _ in come],
            [each.document_id for each, _ in come],
            [p.row_no for _, p in come],
            [p.account.value for _, p in come],
            [p.cause for _, p in come],
            [p.line.book_no for _, p in come],
            [p.line.mark for _, p in come],
            [p.line.key for _, p in come],
            [p.quantity for _, p in come],
            [p.unit for _, p in come],
            [p.at for _, p in come],
            [p.counted_at for _, p in come],
            [p.source_id or each.document_id for each, p in come],
            [p.receipt_id for _, p in come],
        )
