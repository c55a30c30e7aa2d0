-- Enterprises as identity tells them; a copy, newest version wins.
CREATE TABLE enterprises (
  enterprise_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  name text NOT NULL,
  customs_code text NOT NULL,
  uscc text NOT NULL,
  status text NOT NULL,
  route jsonb NOT NULL
);
SELECT bondgate_protect('enterprises', 'SELECT');

-- One row a document: the working copy and where it stands. `content` is the normal form as JSON, zstd.
CREATE TABLE documents (
  document_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  kind text NOT NULL,
  enterprise_id uuid NOT NULL,
  team_id uuid,
  client_id uuid,
  internal_no text NOT NULL,
  version int NOT NULL,
  state text NOT NULL,
  round_no int NOT NULL DEFAULT 1,
  attempt_no int NOT NULL DEFAULT 0,
  seq_no text,
  customs_no text,
  entry_seq_no text,
  change_count int NOT NULL DEFAULT 0,
  deadline_at timestamptz,
  needs_operator boolean NOT NULL DEFAULT false,
  notes text[] NOT NULL DEFAULT '{}',
  authority jsonb NOT NULL DEFAULT '{}',
  catalogue_version int NOT NULL,
  content bytea NOT NULL,
  content_sha256 bytea NOT NULL,
  copied_from uuid,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
ALTER TABLE documents ALTER COLUMN content SET STORAGE EXTERNAL;
-- 企业内部编号 is unique per kind and enterprise; a deleted draft frees its number.
CREATE UNIQUE INDEX documents_internal_no ON documents (tenant_id, kind, enterprise_id, internal_no) WHERE state <> 'deleted';
CREATE INDEX documents_overdue ON documents (deadline_at) WHERE deadline_at IS NOT NULL;
SELECT bondgate_protect('documents', 'SELECT, INSERT, UPDATE');

-- Every upload that was ordered, with the snapshot it carries; never changed.
CREATE TABLE attempts (
  attempt_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL REFERENCES documents,
  attempt_no int NOT NULL,
  round_no int NOT NULL,
  declare_flag text NOT NULL CHECK (declare_flag IN ('0', '1')),
  ordered_at timestamptz NOT NULL,
  ordered_by jsonb NOT NULL,
  catalogue_version int NOT NULL,
  content bytea NOT NULL,
  content_sha256 bytea NOT NULL,
  UNIQUE (document_id, attempt_no)
);
ALTER TABLE attempts ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT bondgate_protect('attempts', 'SELECT, INSERT');

-- Everything told about a document, as a set: the same fact told again has the same key and changes nothing.
CREATE TABLE facts (
  document_id uuid NOT NULL REFERENCES documents,
  key text NOT NULL,
  tenant_id uuid NOT NULL,
  attempt_no int,
  outcome text NOT NULL,
  occurred_at timestamptz NOT NULL,
  authority_at timestamptz,
  told jsonb NOT NULL,
  PRIMARY KEY (document_id, key)
);
SELECT bondgate_protect('facts', 'SELECT, INSERT');
