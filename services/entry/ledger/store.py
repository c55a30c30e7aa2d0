"""Rows of the ledger: lines with their sums, and postings. Batches go as arrays, one statement each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from backbone.postgres import Connection, Record
from customs.ledger.accounts import Account
from customs.ledger.lines import Line
from customs.ledger.postings import Posting
from customs.ledger.versions import Goods

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
    """A line as it stands; locked, after what the transaction added to it, where it was locked."""

    available: Decimal | None
    """What a declaration may take; None: unknown, for there is no base."""
    base_at: datetime | None
    limit_date: date | None
    goods: Goods
    registered: frozenset[str]
    """Which of its `goods` an opening or customs told; the others are what declared rows said."""


PostingKey = tuple[int, str, str]
"""Row number, account, cause: one posting of a document."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to become of a document's postings."""

    tenant_id: UUID
    document_id: UUID
    gone: Sequence[Posting]
    come: Sequence[Posting]


_BETWEEN, _NULL = "\x1f", "\x1e"
"""No text here can have these characters: neither XML nor the check of a document admits them."""


def _columns_of(*types: str) -> str:
    """A FROM item of as many columns, each from a parameter of `_packed` values."""
    packed = (f"string_to_array(${n}, E'\\x1f', E'\\x1e')::{type}[]" for n, type in enumerate(types, start=1))
    return f"unnest({', '.join(packed)})"


def _packed(values: Iterable[object]) -> str:
    """One column as one text: arrays of ten thousand values cost the driver ten times as much as the server."""
    return _BETWEEN.join([_NULL if value is None else str(value) for value in values])


_PLACE = ("uuid", "text", "text", "text")
_STAND = """tenant_id, book_no, mark, line_key, material_no, hs_code, name, unit, registered, limit_date, base_at,
  (l.base_in + l.since_in - l.base_out - l.since_out - l.pre_out)::text AS available"""
_LOCK = """
INSERT INTO ledger_lines AS l (tenant_id, book_no, mark, line_key, line_no, material_no, hs_code, name, unit, pre_in, pre_out)
SELECT * FROM COLUMNS
ON CONFLICT (tenant_id, book_no, mark, line_key) DO UPDATE SET
  pre_in = l.pre_in + excluded.pre_in, pre_out = l.pre_out + excluded.pre_out,
  material_no = coalesce(l.material_no, excluded.material_no), hs_code = coalesce(l.hs_code, excluded.hs_code),
  name = coalesce(l.name, excluded.name), unit = coalesce(l.unit, excluded.unit)
RETURNING STAND
""".replace("STAND", _STAND).replace(
    "COLUMNS", _columns_of(*_PLACE, "bigint", "text", "text", "text", "text", "numeric", "numeric")
)
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
        _packed(n if n is not None and n <= _LARGEST else None for n in numbers),
        *(
            _packed(move.goods.get(name) for move in each)
            for name in ("material_no", "hs_code", "name", "unit")
        ),
        _packed(move.pre_in for move in each),
        _packed(move.pre_out for move in each),
    )
    return {_place(row): _stand(row) for row in rows}


_LOOK = """
SELECT l.* FROM COLUMNS AS m (tenant_id, book_no, mark, line_key)
CROSS JOIN LATERAL (
  SELECT STAND FROM ledger_lines AS l
  WHERE l.tenant_id = m.tenant_id AND l.book_no = m.book_no AND l.mark = m.mark AND l.line_key = m.line_key OFFSET 0
) AS l
""".replace("STAND", _STAND).replace("COLUMNS", _columns_of(*_PLACE))
_LOOK_AT_MANY = """
SELECT STAND FROM COLUMNS AS m (tenant_id, book_no, mark, line_key)
JOIN ledger_lines AS l USING (tenant_id, book_no, mark, line_key)
""".replace("STAND", _STAND).replace("COLUMNS", _columns_of(*_PLACE))
_MANY = 200


@asynccontextmanager
async def many(connection: Connection, rows: int | None = None) -> AsyncIterator[None]:
    """Within it lines are joined by hash, if there are many (None: a whole book). Until a new book is analysed it is planned as one line, and every
    row would be looked for among all lines of the book."""
    if rows is not None and rows <= _MANY:
        yield
        return
    await connection.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
    yield
    await connection.execute("SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on")


async def look(connection: Connection, tenant_id: UUID, lines: Collection[Line]) -> dict[Place, Stand]:
    """How lines stand, those that are there; without a lock, so that they may stand otherwise a moment later."""
    places = [Place(tenant_id, line) for line in lines]
    statement = _LOOK if len(places) <= _MANY else _LOOK_AT_MANY
    async with many(connection, len(places)):
        rows = await connection.fetch(statement, *_columns(places))
    return {_place(row): _stand(row) for row in rows}


def _columns(places: Sequence[Place]) -> tuple[str, str, str, str]:
    return (
        _packed(place.tenant_id for place in places),
        _packed(place.line.book_no for place in places),
        _packed(place.line.mark for place in places),
        _packed(place.line.key for place in places),
    )


def _place(row: Record) -> Place:
    return Place(row["tenant_id"], Line(row["book_no"], row["mark"], row["line_key"]))


def _stand(row: Record) -> Stand:
    available = row["available"]
    return Stand(
        None if available is None else Decimal(available),
        row["base_at"],
        row["limit_date"],
        {name: row[name] for name in ("material_no", "hs_code", "name", "unit")},
        frozenset(row["registered"]),
    )


_ADD = """
UPDATE ledger_lines AS l SET since_in = l.since_in + m.came, since_out = l.since_out + m.went
FROM COLUMNS AS m (tenant_id, book_no, mark, line_key, came, went)
WHERE l.tenant_id = m.tenant_id AND l.book_no = m.book_no AND l.mark = m.mark AND l.line_key = m.line_key
""".replace("COLUMNS", _columns_of(*_PLACE, "numeric", "numeric"))


async def add_since(connection: Connection, sums: Mapping[Place, tuple[Decimal, Decimal]]) -> None:
    """Add to 实增 and 实减 after the base; the lines must be locked."""
    places = [place for place, (came, went) in sums.items() if came or went]
    if places:
        came, went = (_packed(sums[place][n] for place in places) for n in (0, 1))
        async with many(connection, len(places)):
            await connection.execute(_ADD, *_columns(places), came, went)


_SWEEP = """
DELETE FROM ledger_lines AS l USING COLUMNS AS m (tenant_id, book_no, mark, line_key)
WHERE l.tenant_id = m.tenant_id AND l.book_no = m.book_no AND l.mark = m.mark AND l.line_key = m.line_key
AND l.base_kind IS NULL AND NOT EXISTS (
  SELECT FROM ledger_postings AS p
  WHERE p.tenant_id = l.tenant_id AND p.book_no = l.book_no AND p.mark = l.mark AND p.line_key = l.line_key
)
""".replace("COLUMNS", _columns_of(*_PLACE))


async def sweep(connection: Connection, places: Collection[Place]) -> None:
    """Lines on which nothing stands any more go; they must be locked."""
    if places:
        async with many(connection, len(places)):
            await connection.execute(_SWEEP, *_columns(sorted(places)))


async def postings_of(
    connection: Connection, document_ids: Sequence[UUID]
) -> dict[UUID, dict[PostingKey, Posting]]:
    """The postings there are, by document."""
    found: dict[UUID, dict[PostingKey, Posting]] = {document_id: {} for document_id in document_ids}
    rows = await connection.fetch(
        "SELECT document_id, row_no, account, cause, book_no, mark, line_key, quantity::text, unit, at, counted_at, "
        "nullif(source_id, document_id) AS source_id, receipt_id FROM ledger_postings WHERE document_id = ANY($1::uuid[])",
        document_ids,
    )
    for row in rows:
        posting = Posting(
            row["row_no"],
            Account(row["account"]),
            row["cause"],
            Line(row["book_no"], row["mark"], row["line_key"]),
            Decimal(row["quantity"]),
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


_DELETE = """
DELETE FROM ledger_postings AS p USING COLUMNS AS m (document_id, row_no, account, cause)
WHERE p.document_id = m.document_id AND p.row_no = m.row_no AND p.account = m.account AND p.cause = m.cause
""".replace("COLUMNS", _columns_of("uuid", "bigint", "text", "text"))
_INSERT = """
INSERT INTO ledger_postings (tenant_id, document_id, source_id, row_no, account, cause, book_no, mark, line_key, quantity, unit, at,
  counted_at, receipt_id)
SELECT * FROM COLUMNS
""".replace(
    "COLUMNS",
    _columns_of(
        *("uuid", "uuid", "uuid", "bigint", "text", "text", "text", "text", "text", "numeric", "text"),
        *("timestamptz", "timestamptz", "uuid"),
    ),
)


async def write(connection: Connection, differences: Sequence[Difference]) -> None:
    """Postings go and come."""
    gone = [(each.document_id, *name_of(posting)) for each in differences for posting in each.gone]
    if gone:
        await connection.execute(_DELETE, *map(_packed, zip(*gone, strict=True)))
    come = [(each, posting) for each in differences for posting in each.come]
    if come:
        await connection.execute(
            _INSERT,
            _packed(each.tenant_id for each, _ in come),
            _packed(each.document_id for each, _ in come),
            _packed(p.source_id or each.document_id for each, p in come),
            *map(_packed, zip(*(_cells(posting) for _, posting in come), strict=True)),
        )


def _cells(p: Posting) -> tuple[object, ...]:
    return (
        *(p.row_no, p.account.value, p.cause, p.line.book_no, p.line.mark, p.line.key, p.quantity, p.unit),
        *(p.at, p.counted_at, p.receipt_id),
    )
