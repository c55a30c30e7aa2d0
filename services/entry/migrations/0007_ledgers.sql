-- 底账 as they are followed here. A book without a row is not followed: nothing is checked against it.
CREATE TABLE ledgers (
  tenant_id uuid NOT NULL,
  book_no text NOT NULL,
  name text NOT NULL DEFAULT '',
  -- What happens when a declaration takes more than there is.
  check_mode text NOT NULL DEFAULT 'warn' CHECK (check_mode IN ('off', 'warn', 'refuse')),
  valid_until date,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  changed_by jsonb NOT NULL,
  PRIMARY KEY (tenant_id, book_no)
);
SELECT bondgate_protect('ledgers', 'SELECT, INSERT, UPDATE');

-- One row a line of a book: 料件 or 成品 (`mark`), told apart by its 备案序号, or by its 料号 while customs has given none.
-- Known balance: what `base_*` says was so at `base_at` (an opening or INV211), and what was posted after it.
CREATE TABLE ledger_lines (
  tenant_id uuid NOT NULL,
  book_no text NOT NULL,
  mark text NOT NULL CHECK (mark IN ('I', 'E')),
  line_key text NOT NULL,
  line_no bigint,
  material_no text,
  hs_code text,
  name text,
  unit text,
  limit_date date,
  base_kind text CHECK (base_kind IN ('opening', 'receipt')),
  base_at timestamptz,
  base_in numeric,
  base_out numeric,
  base_ref text,
  -- Sums of ledger_postings: what is expected, and what became real after `base_at`.
  pre_in numeric NOT NULL DEFAULT 0,
  pre_out numeric NOT NULL DEFAULT 0,
  since_in numeric NOT NULL DEFAULT 0,
  since_out numeric NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, book_no, mark, line_key)
);
CREATE INDEX ledger_lines_by_material ON ledger_lines (tenant_id, book_no, mark, material_no);
CREATE INDEX ledger_lines_by_limit ON ledger_lines (tenant_id, limit_date) WHERE limit_date IS NOT NULL;
-- As a page lists them: by 备案序号, those without one behind.
CREATE INDEX ledger_lines_in_order ON ledger_lines (tenant_id, book_no, mark, coalesce(line_no, 9223372036854775807), line_key);
SELECT bondgate_protect('ledger_lines', 'SELECT, INSERT, UPDATE, DELETE');

-- What the books said at a cut-over date, as it was imported; the newest import of a line counts.
CREATE TABLE ledger_openings (
  tenant_id uuid NOT NULL,
  book_no text NOT NULL,
  mark text NOT NULL,
  line_key text NOT NULL,
  cut_over date NOT NULL,
  quantity_in numeric NOT NULL,
  quantity_out numeric NOT NULL,
  -- What else the import says of the line.
  unit text,
  limit_date date,
  hs_code text,
  name text,
  material_no text,
  import_id uuid NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now(),
  imported_by jsonb NOT NULL,
  -- Since when it does not count any more, and who said so.
  undone_at timestamptz,
  undone_by jsonb,
  PRIMARY KEY (tenant_id, book_no, mark, line_key, import_id)
);
SELECT bondgate_protect('ledger_openings', 'SELECT, INSERT, UPDATE');

-- What INV211 said of a line, with what was known here before it: the difference is listed, never lost.
CREATE TABLE ledger_truths (
  tenant_id uuid NOT NULL,
  book_no text NOT NULL,
  mark text NOT NULL,
  line_key text NOT NULL,
  receipt_id uuid NOT NULL,
  document_id uuid,
  at timestamptz NOT NULL,
  real_in numeric NOT NULL,
  real_out numeric NOT NULL,
  pre_in numeric,
  pre_out numeric,
  -- What else the book's row says of the line.
  unit text,
  limit_date date,
  hs_code text,
  name text,
  material_no text,
  PRIMARY KEY (tenant_id, book_no, mark, line_key, receipt_id)
);
CREATE INDEX ledger_truths_newest ON ledger_truths (tenant_id, book_no, mark, line_key, at DESC, receipt_id DESC);
SELECT bondgate_protect('ledger_truths', 'SELECT, INSERT');

-- 预增 预减 实增 实减: every movement with the document, the row and the fact that made it. A function of attempts and facts;
-- taken back movements stand beside those they take back, with a negative quantity. No foreign key: a document is never removed,
-- and ten thousand rows would each look for it.
CREATE TABLE ledger_postings (
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL,
  row_no bigint NOT NULL,
  account text NOT NULL CHECK (account IN ('pre_in', 'pre_out', 'real_in', 'real_out')),
  cause text NOT NULL,
  book_no text NOT NULL,
  mark text NOT NULL,
  line_key text NOT NULL,
  quantity numeric NOT NULL,
  unit text,
  at timestamptz NOT NULL,
  -- Of real movements: when customs counts it in its book, at 核扣; null: not yet. Counted up to `base_at` is in the base.
  counted_at timestamptz,
  -- The 核放单 whose passage it is, where it is one; else the document itself.
  source_id uuid NOT NULL,
  receipt_id uuid,
  PRIMARY KEY (document_id, row_no, account, cause)
);
CREATE INDEX ledger_postings_of_line ON ledger_postings (tenant_id, book_no, mark, line_key, at);
CREATE INDEX ledger_postings_counted ON ledger_postings (tenant_id, book_no, mark, line_key, counted_at)
  WHERE account IN ('real_in', 'real_out');
SELECT bondgate_protect('ledger_postings', 'SELECT, INSERT, UPDATE, DELETE');

-- 备案序号 that customs gave a row which was declared without one.
CREATE TABLE ledger_line_numbers (
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL REFERENCES documents,
  row_no bigint NOT NULL,
  line_no bigint NOT NULL,
  -- The newest word of customs counts.
  at timestamptz NOT NULL,
  receipt_id uuid,
  PRIMARY KEY (document_id, row_no)
);
SELECT bondgate_protect('ledger_line_numbers', 'SELECT, INSERT, UPDATE');

-- 保证金、保函: what secures business of a book or a 申报表, and until when.
CREATE TABLE guarantees (
  tenant_id uuid NOT NULL,
  guarantee_no text NOT NULL,
  book_no text,
  form_no text,
  amount numeric,
  currency text,
  valid_until date NOT NULL,
  remark text NOT NULL DEFAULT '',
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  changed_by jsonb NOT NULL,
  PRIMARY KEY (tenant_id, guarantee_no)
);
CREATE INDEX guarantees_by_end ON guarantees (tenant_id, valid_until);
SELECT bondgate_protect('guarantees', 'SELECT, INSERT, UPDATE, DELETE');
