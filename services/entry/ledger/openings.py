"""Openings: what a book said at a cut-over date, imported whole or not at all, listed, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection, Record
from backbone.refusals import NotFound
from customs import clock
from customs.documents.amounts import plain
from customs.ledger.lines import Line, by_material
from customs.ledger.opening import Opened
from services.entry.ledger import basing, store

_CHANGES = 1_000
"""So many lines that change are named in a preview; all are counted."""

_STANDING = """
SELECT k.at, o.quantity_in, o.quantity_out, o.cut_over, o.unit, o.limit_date, l.base_kind, l.base_at, m.line_key IS NOT NULL AS meets
FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k (mark, line_key, material_no, at)
LEFT JOIN ledger_lines AS l ON l.book_no = $1 AND l.mark = k.mark AND l.line_key = k.line_key
LEFT JOIN ledger_lines AS m ON m.book_no = $1 AND m.mark = k.mark AND m.line_key = 'M:' || k.material_no
  AND m.line_key <> k.line_key
LEFT JOIN LATERAL (
  SELECT i.quantity_in, i.quantity_out, i.cut_over, i.unit, i.limit_date FROM ledger_openings AS i WHERE i.book_no = $1
  AND i.mark = k.mark AND i.line_key = k.line_key AND i.undone_at IS NULL ORDER BY i.imported_at DESC, i.import_id DESC LIMIT 1
) AS o ON true ORDER BY k.at
"""


async def preview(
    connection: Connection, book_no: str, cut_over: date, rows: Sequence[Opened]
) -> dict[str, Any]:
    """What an import would change: lines that are new, changed and the same, those that INV211 has overtaken, and 备案序号
    that meet a line known by its 料号 alone."""
    async with store.many(connection, len(rows)):
        standing = await connection.fetch(
            _STANDING,
            book_no,
            [row.line.mark for row in rows],
            [row.line.key for row in rows],
            [row.material_no for row in rows],
        )
    begins = clock.begins(cut_over)
    counts = {"new": 0, "changed": 0, "same": 0, "overtaken": 0, "meets_material": 0}
    named: list[dict[str, Any]] = []
    for row, there in zip(rows, standing, strict=True):
        effect = _effect(row, cut_over, there)
        overtaken = there["base_kind"] == "receipt" and there["base_at"] >= begins
        counts[effect] += 1
        counts["overtaken"] += overtaken
        counts["meets_material"] += bool(there["meets"])
        if (effect != "same" or overtaken or there["meets"]) and len(named) < _CHANGES:
            named.append(
                {
                    "mark": row.line.mark,
                    "line_key": row.line.key,
                    "line_no": row.line.line_no,
                    "material_no": row.material_no,
                    "effect": effect,
                    "quantity_in": plain(row.quantity_in),
                    "quantity_out": plain(row.quantity_out),
                    "before_in": None if there["quantity_in"] is None else plain(there["quantity_in"]),
                    "before_out": None if there["quantity_out"] is None else plain(there["quantity_out"]),
                    "overtaken_by_receipt": overtaken,
                    "meets_material_line": bool(there["meets"]),
                }
            )
    return {"book_no": book_no, "cut_over": cut_over.isoformat(), "rows": len(rows), **counts, "lines": named}


def _effect(row: Opened, cut_over: date, there: Record) -> str:
    if there["quantity_in"] is None:
        return "new"
    before = tuple(there[name] for name in ("quantity_in", "quantity_out", "cut_over", "unit", "limit_date"))
    now = (row.quantity_in, row.quantity_out, cut_over, row.unit, row.limit_date)
    return "same" if before == now else "changed"


_INSERT = """
INSERT INTO ledger_openings (tenant_id, book_no, mark, line_key, cut_over, quantity_in, quantity_out, unit, limit_date, hs_code, name,
  material_no, import_id, imported_by)
SELECT $1, $2, mark, line_key, $3, quantity_in::numeric, quantity_out::numeric, unit, limit_date, hs_code, name, material_no, $4, $5
FROM unnest($6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::date[], $12::text[], $13::text[], $14::text[])
AS o (mark, line_key, quantity_in, quantity_out, unit, limit_date, hs_code, name, material_no)
"""


async def take(
    connection: Connection, caller: Principal, book_no: str, cut_over: date, rows: Sequence[Opened]
) -> dict[str, Any]:
    """Import them; answers what it changed and the import's id."""
    changes = await preview(connection, book_no, cut_over, rows)
    import_id = new_id()
    await connection.execute(
        _INSERT,
        caller.tenant_id,
        book_no,
        cut_over,
        import_id,
        {"id": caller.id, "name": caller.name},
        [row.line.mark for row in rows],
        [row.line.key for row in rows],
        [str(row.quantity_in) for row in rows],
        [str(row.quantity_out) for row in rows],
        [row.unit for row in rows],
        [row.limit_date for row in rows],
        [row.hs_code for row in rows],
        [row.name for row in rows],
        [row.material_no or by_material(row.line.key) for row in rows],
    )
    await basing.rebase(connection, caller.tenant_id, [row.line for row in rows])
    return {"import_id": import_id, **changes}


async def undo(connection: Connection, caller: Principal, book_no: str, import_id: UUID) -> None:
    """The base of its lines goes back to what it would be without it. Raises NotFound; a second time changes nothing."""
    rows = await connection.fetch(
        "SELECT mark, line_key, undone_at FROM ledger_openings WHERE book_no = $1 AND import_id = $2 "
        "ORDER BY mark, line_key FOR UPDATE",
        book_no,
        import_id,
    )
    if not rows:
        raise NotFound()
    if rows[0]["undone_at"] is not None:
        return
    await connection.execute(
        "UPDATE ledger_openings SET undone_at = $3, undone_by = $4 WHERE book_no = $1 AND import_id = $2",
        book_no,
        import_id,
        datetime.now(UTC),
        {"id": caller.id, "name": caller.name},
    )
    lines = [Line(book_no, row["mark"], row["line_key"]) for row in rows]
    await basing.rebase(connection, caller.tenant_id, lines)


async def listed(connection: Connection, book_no: str) -> list[dict[str, Any]]:
    """The imports of a book, newest first, at most 200."""
    rows = await connection.fetch(
        "SELECT import_id, min(cut_over) AS cut_over, count(*) AS rows, min(imported_at) AS imported_at, "
        "(array_agg(imported_by))[1] AS imported_by, min(undone_at) AS undone_at, (array_agg(undone_by))[1] AS undone_by "
        "FROM ledger_openings WHERE book_no = $1 GROUP BY import_id ORDER BY min(imported_at) DESC, import_id DESC LIMIT 200",
        book_no,
    )
    return [{**row, "cut_over": row["cut_over"].isoformat()} for row in rows]
