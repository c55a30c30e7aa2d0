-- Later rounds, 复核, documents that were declared elsewhere, and in which system the clerk works.
ALTER TABLE documents
  ADD COLUMN IF NOT EXISTS attachments int NOT NULL DEFAULT 0,
  -- What the document is about, for kinds that have one document a thing, e.g. the plate of a vehicle.
  ADD COLUMN handle text,
  ADD COLUMN system text NOT NULL DEFAULT 'Z8',
  ADD COLUMN round_purpose text,
  ADD COLUMN round_state text,
  ADD COLUMN approved_attempt_no int,
  ADD COLUMN review jsonb,
  ADD COLUMN edited_by jsonb,
  ADD COLUMN origin text NOT NULL DEFAULT 'here' CHECK (origin IN ('here', 'adopted'));

-- A number that customs has seen stays used, also after a deletion customs agreed to; only a deleted draft frees its own.
DROP INDEX documents_internal_no;
CREATE UNIQUE INDEX documents_internal_no ON documents (tenant_id, kind, enterprise_id, internal_no)
  WHERE state <> 'deleted' OR seq_no IS NOT NULL;

ALTER TABLE attempts
  ADD COLUMN purpose text NOT NULL DEFAULT 'filing',
  -- document: the document itself; resend: only asks for receipts; adopted: declared elsewhere, never sent by us.
  ADD COLUMN upload text NOT NULL DEFAULT 'document' CHECK (upload IN ('document', 'resend', 'adopted'));

-- Rounds after the filing, as they were opened; how they stand is the fold's to say.
CREATE TABLE rounds (
  document_id uuid NOT NULL REFERENCES documents,
  round_no int NOT NULL,
  tenant_id uuid NOT NULL,
  purpose text NOT NULL,
  reason text NOT NULL,
  opened_at timestamptz NOT NULL,
  opened_by jsonb NOT NULL,
  base_attempt_no int,
  withdrawn_at timestamptz,
  withdrawn_by jsonb,
  PRIMARY KEY (document_id, round_no)
);
SELECT bondgate_protect('rounds', 'SELECT, INSERT, UPDATE');

-- Which documents a declared one leans on, by the numbers customs gave them.
CREATE TABLE leanings (
  document_id uuid NOT NULL REFERENCES documents,
  tenant_id uuid NOT NULL,
  on_kind text NOT NULL,
  on_no text NOT NULL,
  PRIMARY KEY (document_id, on_kind, on_no)
);
CREATE INDEX leanings_on ON leanings (tenant_id, on_kind, on_no);
CREATE INDEX documents_handle ON documents (tenant_id, kind, handle) WHERE handle IS NOT NULL;
SELECT bondgate_protect('leanings', 'SELECT, INSERT, DELETE');
CREATE INDEX documents_customs_no ON documents (tenant_id, kind, customs_no) WHERE customs_no IS NOT NULL;

-- Which kinds of which enterprise need a second person before they are declared.
CREATE TABLE review_rules (
  tenant_id uuid NOT NULL,
  enterprise_id uuid NOT NULL,
  kind text NOT NULL,
  required boolean NOT NULL,
  set_by jsonb NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, enterprise_id, kind)
);
SELECT bondgate_protect('review_rules', 'SELECT, INSERT, UPDATE');
