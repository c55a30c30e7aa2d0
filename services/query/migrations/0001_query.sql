-- Which generation of each view is alive: raising it makes the service read all events again under a new consumer group.
CREATE TABLE views (
  name text PRIMARY KEY,
  generation int NOT NULL DEFAULT 1
);
INSERT INTO views (name) VALUES ('documents'), ('timeline'), ('messages');

-- One row a document. `listed` holds the list columns of its kind; each group of columns has the version it is from.
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
  seq_no text,
  customs_no text,
  entry_seq_no text,
  change_count int NOT NULL,
  updated_at timestamptz NOT NULL,
  content_version int NOT NULL,
  listed jsonb NOT NULL,
  lines int NOT NULL,
  created_version int NOT NULL,
  created_at timestamptz,
  declared_version int NOT NULL,
  attempt_no int NOT NULL,
  declared_at timestamptz,
  standing_version int NOT NULL,
  deadline_at timestamptz,
  needs_operator boolean NOT NULL,
  notes text[] NOT NULL,
  authority jsonb NOT NULL
);
CREATE INDEX documents_by_time ON documents (tenant_id, kind, updated_at DESC, document_id DESC) WHERE state <> 'deleted';
CREATE INDEX documents_by_state ON documents (tenant_id, kind, state, updated_at DESC, document_id DESC);
CREATE INDEX documents_by_internal_no ON documents (tenant_id, kind, internal_no COLLATE "C");
CREATE INDEX documents_by_seq_no ON documents (tenant_id, seq_no) WHERE seq_no IS NOT NULL;
CREATE INDEX documents_by_customs_no ON documents (tenant_id, customs_no) WHERE customs_no IS NOT NULL;
SELECT bondgate_protect('documents', 'SELECT');

-- One row an event of a document.
CREATE TABLE timeline (
  document_id uuid NOT NULL,
  version int NOT NULL,
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  state text NOT NULL,
  occurred_at timestamptz NOT NULL,
  entry jsonb NOT NULL,
  PRIMARY KEY (document_id, version)
);
SELECT bondgate_protect('timeline', 'SELECT');

-- Messages as they were sent and answers as they came. `id` is that of the attempt, or of the kept raw file.
CREATE TABLE messages (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL,
  direction text NOT NULL CHECK (direction IN ('upload', 'receipt')),
  message_type text NOT NULL,
  message_id text,
  attempt_no int,
  file_name text,
  code text,
  outcome text,
  recorded_at timestamptz NOT NULL,
  authority_at timestamptz,
  sha256 text NOT NULL,
  bytes int NOT NULL,
  content bytea NOT NULL
);
ALTER TABLE messages ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX messages_of_document ON messages (document_id, recorded_at, id);
SELECT bondgate_protect('messages', 'SELECT');

SELECT bondgate_grant_app('SELECT', 'views');
