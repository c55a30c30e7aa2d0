-- What a candidate is chosen by, and numbers counted per kind: two kinds may get the same number from the authority.
ALTER TABLE documents
  ADD COLUMN state text NOT NULL DEFAULT '',
  ADD COLUMN round_state text,
  ADD COLUMN seq_no text,
  ADD COLUMN customs_no text,
  ADD COLUMN happened_at timestamptz;

-- Rows of before keep the kind '' and stand for whatever kind their document has.
ALTER TABLE seq_numbers ADD COLUMN kind text NOT NULL DEFAULT '';
ALTER TABLE seq_numbers DROP CONSTRAINT seq_numbers_pkey;
ALTER TABLE seq_numbers ADD PRIMARY KEY (tenant_id, seq_no, kind);

CREATE TABLE customs_numbers (
  tenant_id uuid NOT NULL,
  customs_no text NOT NULL,
  kind text NOT NULL,
  document_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, customs_no, kind)
);
SELECT bondgate_protect('customs_numbers', 'SELECT');

ALTER TABLE raw_files ADD COLUMN kind text, ADD COLUMN customs_no text;
CREATE INDEX raw_files_by_customs_no ON raw_files (tenant_id, customs_no)
  WHERE state = 'unmatched' AND customs_no IS NOT NULL;

-- Which document a person said a receipt is for, and why. The last word counts until it is told.
CREATE TABLE matches (
  match_id uuid PRIMARY KEY,
  raw_id uuid NOT NULL REFERENCES raw_files,
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL,
  kind text NOT NULL,
  reason text NOT NULL,
  matched_by text NOT NULL,
  matched_by_name text NOT NULL,
  matched_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX matches_by_file ON matches (raw_id, match_id);
SELECT bondgate_protect('matches', 'SELECT, INSERT');
