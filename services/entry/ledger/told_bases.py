"""What was told of the lines of a book from outside, in order: its openings and what INV211 said."""

from __future__ import annotations

TOLD = """
told AS MATERIALIZED (
  SELECT * FROM (
    SELECT DISTINCT ON (book_no, mark, line_key) book_no, mark, line_key, cut_over::timestamp AT TIME ZONE 'Asia/Shanghai' AS at,
      'opening' AS kind, quantity_in, quantity_out, import_id AS ref, unit, NULL::uuid AS document_id
    FROM ledger_openings WHERE ($1::text IS NULL OR book_no = $1) AND undone_at IS NULL
    ORDER BY book_no, mark, line_key, imported_at DESC, import_id DESC
  ) AS openings
  UNION ALL
  SELECT * FROM (
    SELECT DISTINCT ON (book_no, mark, line_key, at) book_no, mark, line_key, at, 'receipt', real_in, real_out, receipt_id, unit,
      document_id
    FROM ledger_truths WHERE $1::text IS NULL OR book_no = $1
    ORDER BY book_no, mark, line_key, at, real_in + real_out DESC, receipt_id DESC
  ) AS truths
)
"""
"""A CTE `told`, of the book $1 or of all. Of a line the newest import counts; of two truths of one second the larger, as for
the base of the line."""
