-- What receipts knows of others: whose mailbox it is, which documents there are, which file an acknowledgement names.
CREATE TABLE mailboxes (
  mailbox text PRIMARY KEY,
  tenant_id uuid NOT NULL,
  enterprise_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL
);
SELECT bondgate_protect('mailboxes', 'SELECT');

CREATE TABLE documents (
  document_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  enterprise_id uuid NOT NULL,
  kind text NOT NULL,
  internal_no text NOT NULL,
  team_id uuid,
  client_id uuid,
  version int NOT NULL,
  deleted boolean NOT NULL
);
CREATE INDEX documents_by_internal_no ON documents (tenant_id, enterprise_id, internal_no);
SELECT bondgate_protect('documents', 'SELECT');

CREATE TABLE seq_numbers (
  tenant_id uuid NOT NULL,
  seq_no text NOT NULL,
  document_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, seq_no)
);
SELECT bondgate_protect('seq_numbers', 'SELECT');

CREATE TABLE stems (
  stem text PRIMARY KEY,
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL,
  attempt_id uuid NOT NULL
);
SELECT bondgate_protect('stems', 'SELECT');

-- Every file that was ever found in an InBox.
CREATE TABLE raw_files (
  raw_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  enterprise_id uuid NOT NULL,
  mailbox text NOT NULL,
  file_name text NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  arrived_at timestamptz NOT NULL DEFAULT now(),
  kept_as text,
  state text NOT NULL DEFAULT 'stored'
    CHECK (state IN ('stored', 'matched', 'repeated', 'unmatched', 'unreadable', 'waiting', 'incomplete')),
  reason_code text,
  reason text,
  message_type text,
  message_id text,
  stem text,
  seq_no text,
  internal_no text,
  document_id uuid,
  receipt_id uuid,
  tries int NOT NULL DEFAULT 0,
  retry_at timestamptz,
  UNIQUE (mailbox, file_name, sha256)
);
CREATE INDEX raw_files_by_time ON raw_files (tenant_id, arrived_at DESC, raw_id DESC);
CREATE INDEX raw_files_not_told ON raw_files (state, tenant_id, arrived_at DESC, raw_id DESC)
  WHERE state NOT IN ('matched', 'repeated');
CREATE INDEX raw_files_due ON raw_files (retry_at) WHERE state IN ('unmatched', 'waiting');
CREATE INDEX raw_files_by_stem ON raw_files (tenant_id, stem) WHERE state = 'unmatched' AND stem IS NOT NULL;
CREATE INDEX raw_files_by_seq_no ON raw_files (tenant_id, seq_no) WHERE state = 'unmatched' AND seq_no IS NOT NULL;
CREATE INDEX raw_files_by_internal_no ON raw_files (tenant_id, internal_no)
  WHERE state = 'unmatched' AND internal_no IS NOT NULL;
SELECT bondgate_protect('raw_files', 'SELECT');

-- The bytes apart from what is known about them; a file above the bound has no row here and stays in its folder.
CREATE TABLE raw_contents (
  raw_id uuid PRIMARY KEY REFERENCES raw_files,
  tenant_id uuid NOT NULL,
  content bytea NOT NULL
);
ALTER TABLE raw_contents ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT bondgate_protect('raw_contents', 'SELECT');

-- Parts of split receipts. `packet_group` is a hash of mailbox, type, pocket id and total.
CREATE TABLE packets (
  packet_group text NOT NULL,
  number int NOT NULL,
  raw_id uuid NOT NULL UNIQUE REFERENCES raw_files,
  tenant_id uuid NOT NULL,
  total int NOT NULL,
  PRIMARY KEY (packet_group, number)
);
SELECT bondgate_protect('packets', 'SELECT');

-- What was told, so that the same answer is told once.
CREATE TABLE answers (
  document_id uuid NOT NULL,
  answer_key text NOT NULL,
  receipt_id uuid NOT NULL,
  raw_id uuid NOT NULL REFERENCES raw_files,
  tenant_id uuid NOT NULL,
  told_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (document_id, answer_key)
);
SELECT bondgate_protect('answers', 'SELECT');

-- Who asked for another try, and when.
CREATE TABLE retries (
  retry_id uuid PRIMARY KEY,
  raw_id uuid NOT NULL REFERENCES raw_files,
  tenant_id uuid NOT NULL,
  asked_by text NOT NULL,
  asked_by_name text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX retries_by_file ON retries (raw_id, asked_at);
SELECT bondgate_protect('retries', 'SELECT, INSERT');
