-- 随附单据: which files a document has. The bytes are in the object store under their hash and outlive the row's use.
ALTER TABLE documents ADD COLUMN attachments int NOT NULL DEFAULT 0;

CREATE TABLE attachments (
  attachment_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL REFERENCES documents,
  attachment_type text NOT NULL,
  file_name text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL CHECK (size > 0),
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  attached_by jsonb NOT NULL,
  attached_at timestamptz NOT NULL,
  detached_by jsonb,
  detached_at timestamptz
);
-- The same file is on a document once; taken off, it may be put on again.
CREATE UNIQUE INDEX attachments_on_document ON attachments (document_id, sha256) WHERE detached_at IS NULL;
SELECT bondgate_protect('attachments', 'SELECT, INSERT, UPDATE');

-- One order for many documents, with the rights of who gave it as they were then.
CREATE TABLE batches (
  batch_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  kind text NOT NULL,
  action text NOT NULL CHECK (action IN ('declare', 'stage', 'delete')),
  state text NOT NULL CHECK (state IN ('running', 'finished', 'cancelled')),
  run_no int NOT NULL DEFAULT 1,
  caller_id text NOT NULL,
  principal jsonb NOT NULL,
  ordered_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX batches_of_caller ON batches (tenant_id, caller_id, ordered_at DESC, batch_id DESC);
SELECT bondgate_protect('batches', 'SELECT, INSERT, UPDATE');

CREATE TABLE batch_items (
  batch_id uuid NOT NULL REFERENCES batches,
  position int NOT NULL,
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL,
  version int NOT NULL,
  internal_no text,
  status text NOT NULL CHECK (status IN ('waiting', 'done', 'refused', 'stale', 'cancelled')),
  tries int NOT NULL DEFAULT 0,
  new_version int,
  attempt_id uuid,
  problem jsonb,
  finished_at timestamptz,
  PRIMARY KEY (batch_id, position),
  UNIQUE (batch_id, document_id)
);
CREATE INDEX batch_items_waiting ON batch_items (batch_id, position) WHERE status = 'waiting';
SELECT bondgate_protect('batch_items', 'SELECT, INSERT, UPDATE');
