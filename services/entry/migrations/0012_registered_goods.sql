-- Which of `material_no`, `hs_code`, `name` and `unit` an opening or customs told; the others are what declared rows said.
ALTER TABLE ledger_lines ADD COLUMN registered text[] NOT NULL DEFAULT '{}';
UPDATE ledger_lines AS l SET registered = array_remove(ARRAY[
  CASE WHEN l.material_no IN (SELECT told.material_no FROM ledger_truths AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key)
    UNION ALL SELECT told.material_no FROM ledger_openings AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key) AND told.undone_at IS NULL) THEN 'material_no' END,
  CASE WHEN l.hs_code IN (SELECT told.hs_code FROM ledger_truths AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key)
    UNION ALL SELECT told.hs_code FROM ledger_openings AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key) AND told.undone_at IS NULL) THEN 'hs_code' END,
  CASE WHEN l.name IN (SELECT told.name FROM ledger_truths AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key)
    UNION ALL SELECT told.name FROM ledger_openings AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key) AND told.undone_at IS NULL) THEN 'name' END,
  CASE WHEN l.unit IN (SELECT told.unit FROM ledger_truths AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key)
    UNION ALL SELECT told.unit FROM ledger_openings AS told WHERE (told.tenant_id, told.book_no, told.mark, told.line_key) = (l.tenant_id, l.book_no, l.mark, l.line_key) AND told.undone_at IS NULL) THEN 'unit' END
  ], NULL)
WHERE base_kind IS NOT NULL;
