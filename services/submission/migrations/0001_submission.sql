-- One row a file: a try of an attempt. It is there before the folder is touched.

CREATE TABLE deliveries (
  attempt_id uuid NOT NULL,
  try_no int NOT NULL CHECK (try_no BETWEEN 1 AND 3),
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL,
  kind text NOT NULL,
  enterprise_id uuid NOT NULL,
  internal_no text NOT NULL,
  attempt_no int NOT NULL,
  mailbox text NOT NULL,
  message_type text NOT NULL,
  message_id text NOT NULL,
  stem text NOT NULL UNIQUE,
  sha256 text NOT NULL,
  message_sha256 text NOT NULL,
  -- The file itself, while it may be needed again.
  parcel bytea,
  state text NOT NULL DEFAULT 'intended'
    CHECK (state IN ('intended', 'staged', 'delivered', 'taken', 'put_back', 'refused', 'unknown', 'closed')),
  acknowledged_at timestamptz,
  missing_since timestamptz,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (attempt_id, try_no)
);
ALTER TABLE deliveries ALTER COLUMN parcel SET STORAGE EXTERNAL;
CREATE INDEX deliveries_to_watch ON deliveries (mailbox, stem) WHERE state IN ('delivered', 'unknown');
SELECT bondgate_protect('deliveries', 'SELECT');
