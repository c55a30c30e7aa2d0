-- What a document was made from when it was made: its sources, and which of their rows fed each of its rows.
CREATE TABLE made_from (
  document_id uuid PRIMARY KEY REFERENCES documents,
  tenant_id uuid NOT NULL,
  sources jsonb NOT NULL,
  fed jsonb NOT NULL,
  made_by jsonb NOT NULL,
  made_at timestamptz NOT NULL
);
SELECT bondgate_protect('made_from', 'SELECT, INSERT');
