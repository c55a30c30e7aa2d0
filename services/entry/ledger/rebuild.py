"""Postings and sums computed again from attempts, facts, openings and truths, in batches and while the service runs.

Each batch is a transaction that locks its documents, then its lines, as any other that moves a book.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backbone import postgres
from backbone.postgres import Connection, Pool
from customs.documents import KINDS
from customs.ledger.lines import Line
from services.entry.ledger import basing, store
from services.entry.ledger.posting import Due, settle
from services.entry.ledger.store import Moves, Place

_DOCUMENTS, _LINES = 100, 1_000
_FIRST = UUID(int=0)


async def rebuild(worker_dsn: str) -> tuple[int, int]:
    """The whole ledger of every tenant. Answers how many documents and lines were looked at."""
    pool = await postgres.create_pool(worker_dsn, name="rebuild", max_size=1)
    try:
        return await documents(pool), await lines(pool)
    finally:
        await pool.close()


async def documents(pool: Pool) -> int:
    """The postings of every document that was ever declared, whose kind moves books."""
    kinds = [kind.name for kind in KINDS.values() if kind.booking is not None]
    count, last = 0, _FIRST
    while True:
        async with postgres.transaction(pool) as connection:
            rows = await connection.fetch(
                "SELECT document_id FROM documents WHERE kind = ANY($1::text[]) AND attempt_no > 0 AND document_id > $2 "
                "ORDER BY document_id LIMIT $3",
                kinds,
                last,
                _DOCUMENTS,
            )
            if not rows:
                return count
            await settle(connection, Due({row["document_id"] for row in rows}))
        count, last = count + len(rows), rows[-1]["document_id"]


_NEXT = """
SELECT DISTINCT tenant_id, book_no, mark, line_key FROM (
  (SELECT tenant_id, book_no, mark, line_key FROM ledger_lines
    WHERE (tenant_id, book_no, mark, line_key) > ($1, $2, $3, $4) ORDER BY 1, 2, 3, 4 LIMIT $5)
  UNION ALL
  (SELECT DISTINCT tenant_id, book_no, mark, line_key FROM ledger_truths
    WHERE (tenant_id, book_no, mark, line_key) > ($1, $2, $3, $4) ORDER BY 1, 2, 3, 4 LIMIT $5)
  UNION ALL
  (SELECT DISTINCT tenant_id, book_no, mark, line_key FROM ledger_openings
    WHERE (tenant_id, book_no, mark, line_key) > ($1, $2, $3, $4) ORDER BY 1, 2, 3, 4 LIMIT $5)
) AS every ORDER BY 1, 2, 3, 4 LIMIT $5
"""
_EXPECTED = """
UPDATE ledger_lines AS l SET pre_in = coalesce(s.came, 0), pre_out = coalesce(s.went, 0)
FROM unnest($2::text[], $3::text[], $4::text[]) AS k (book_no, mark, line_key)
LEFT JOIN LATERAL (
  SELECT sum(p.quantity) FILTER (WHERE p.account = 'pre_in') AS came,
    sum(p.quantity) FILTER (WHERE p.account = 'pre_out') AS went
  FROM ledger_postings AS p WHERE p.tenant_id = $1 AND p.book_no = k.book_no AND p.mark = k.mark AND p.line_key = k.line_key
) AS s ON true
WHERE l.tenant_id = $1 AND l.book_no = k.book_no AND l.mark = k.mark AND l.line_key = k.line_key
"""


async def lines(pool: Pool) -> int:
    """Base and sums of every line that is there, or of which an opening or INV211 tells."""
    count, last = 0, Place(_FIRST, Line("", "", ""))
    while True:
        async with postgres.transaction(pool) as connection:
            rows = await connection.fetch(_NEXT, last.tenant_id, *last.line, _LINES)
            if not rows:
                return count
            places = [
                Place(row["tenant_id"], Line(row["book_no"], row["mark"], row["line_key"])) for row in rows
            ]
            await _again(connection, places)
        # In the order of the database, which need not be that of the locks.
        count, last = count + len(rows), places[-1]


async def _again(connection: Connection, places: Sequence[Place]) -> None:
    await store.lock(connection, {place: Moves() for place in places})
    by_tenant: dict[UUID, list[Line]] = {}
    for place in places:
        by_tenant.setdefault(place.tenant_id, []).append(place.line)
    for tenant_id, own in by_tenant.items():
        await connection.execute(
            _EXPECTED,
            tenant_id,
            [line.book_no for line in own],
            [line.mark for line in own],
            [line.key for line in own],
        )
    await basing.rebase_locked(connection, places)
    await store.sweep(connection, places)
