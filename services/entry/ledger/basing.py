"""What the balance of a line begins with: the newest of an imported opening and what INV211 said."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from backbone.postgres import Connection
from customs.ledger.lines import Line
from services.entry.ledger import store
from services.entry.ledger.store import Moves, Place

# An opening says how the book stood when its day began in Shanghai. Of several imports of a line the last one counts; of two
# truths of one second the larger, for customs' figures only grow and its clock has no more than seconds.
_NEWEST = """
LEFT JOIN LATERAL (
  SELECT COLUMN AS told FROM (
    (SELECT t.COLUMN, t.at, t.receipt_id AS ref FROM ledger_truths AS t WHERE t.tenant_id = k.tenant_id AND t.book_no = k.book_no
      AND t.mark = k.mark AND t.line_key = k.line_key AND t.COLUMN IS NOT NULL ORDER BY t.at DESC, t.receipt_id DESC LIMIT 1)
    UNION ALL
    (SELECT o.COLUMN, o.cut_over::timestamp AT TIME ZONE 'Asia/Shanghai', o.import_id FROM ledger_openings AS o
      WHERE o.tenant_id = k.tenant_id AND o.book_no = k.book_no AND o.mark = k.mark AND o.line_key = k.line_key AND o.undone_at IS NULL
      AND o.COLUMN IS NOT NULL ORDER BY o.imported_at DESC, o.import_id DESC LIMIT 1)
  ) AS told ORDER BY at DESC, ref DESC LIMIT 1
) AS new_COLUMN ON true
"""
"""The newest word of customs or of an opening about one column of a line."""
_GOODS = ("material_no", "hs_code", "name", "unit")
_REBASE = """
UPDATE ledger_lines AS l SET
  base_kind = b.kind, base_at = b.at, base_in = b.quantity_in, base_out = b.quantity_out, base_ref = b.ref,
  GOODS,
  registered = array_remove(ARRAY[TOLD_NAMES], NULL),
  limit_date = new_limit_date.told,
  since_in = coalesce(s.came, 0), since_out = coalesce(s.went, 0)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS k (tenant_id, book_no, mark, line_key)
LEFT JOIN LATERAL (
  SELECT * FROM (
    (SELECT 'opening' AS kind, o.cut_over::timestamp AT TIME ZONE 'Asia/Shanghai' AS at, o.quantity_in, o.quantity_out,
      o.import_id::text AS ref
      FROM ledger_openings AS o WHERE o.tenant_id = k.tenant_id AND o.book_no = k.book_no AND o.mark = k.mark
      AND o.line_key = k.line_key AND o.undone_at IS NULL ORDER BY o.imported_at DESC, o.import_id DESC LIMIT 1)
    UNION ALL
    (SELECT 'receipt', t.at, t.real_in, t.real_out, t.receipt_id::text
      FROM ledger_truths AS t WHERE t.tenant_id = k.tenant_id AND t.book_no = k.book_no AND t.mark = k.mark
      AND t.line_key = k.line_key ORDER BY t.at DESC, t.real_in + t.real_out DESC, t.receipt_id DESC LIMIT 1)
  ) AS told ORDER BY at DESC, kind DESC LIMIT 1
) AS b ON true
LEFT JOIN LATERAL (
  SELECT sum(p.quantity) FILTER (WHERE p.account = 'real_in') AS came,
    sum(p.quantity) FILTER (WHERE p.account = 'real_out') AS went
  FROM ledger_postings AS p WHERE p.tenant_id = k.tenant_id AND p.book_no = k.book_no AND p.mark = k.mark
  AND p.line_key = k.line_key AND p.account IN ('real_in', 'real_out')
  AND (b.at IS NULL OR p.counted_at IS NULL OR p.counted_at > b.at)
) AS s ON true
NEWEST
WHERE l.tenant_id = k.tenant_id AND l.book_no = k.book_no AND l.mark = k.mark AND l.line_key = k.line_key
""".replace("GOODS", ", ".join(f"{name} = coalesce(new_{name}.told, l.{name})" for name in _GOODS))
_REBASE = _REBASE.replace(
    "TOLD_NAMES", ", ".join(f"CASE WHEN new_{name}.told IS NOT NULL THEN '{name}' END" for name in _GOODS)
).replace("NEWEST", "".join(_NEWEST.replace("COLUMN", name) for name in (*_GOODS, "limit_date")))


async def rebase(connection: Connection, tenant_id: UUID, lines: Collection[Line]) -> None:
    """Base and sums after it of these lines anew, after openings or truths came or went. Locks them in their order.

    A line that has neither base nor postings goes. The expected sums stay as they are: they are of documents customs has not counted.
    """
    places = {Place(tenant_id, line): Moves() for line in lines}
    await store.lock(connection, places)
    await rebase_locked(connection, places)
    await store.sweep(connection, places)


async def rebase_locked(connection: Connection, places: Collection[Place]) -> None:
    """The same for lines that are there and locked."""
    ordered = sorted(places)
    async with store.many(connection, len(ordered)):
        await connection.execute(
            _REBASE,
            [place.tenant_id for place in ordered],
            [place.line.book_no for place in ordered],
            [place.line.mark for place in ordered],
            [place.line.key for place in ordered],
        )
