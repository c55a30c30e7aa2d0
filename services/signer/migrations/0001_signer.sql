-- Messages as they were frozen and released, and the evidence of it.

CREATE TABLE software_keys (
  key_id text PRIMARY KEY,
  sealed bytea NOT NULL,
  certificate bytea NOT NULL,
  certificate_serial text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
);

-- One message an attempt. The unsigned bytes are frozen before any key is asked.
CREATE TABLE messages (
  attempt_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  document_id uuid NOT NULL,
  message_id text NOT NULL UNIQUE,
  message_type text NOT NULL,
  unsigned bytea NOT NULL,
  composed_at timestamptz NOT NULL DEFAULT now(),
  -- Set before a key is asked, cleared when it is known that nothing was signed.
  key_asked boolean NOT NULL DEFAULT false,
  signatures_discarded int NOT NULL DEFAULT 0,
  released bytea,
  released_at timestamptz
);
ALTER TABLE messages ALTER COLUMN unsigned SET STORAGE EXTERNAL;
ALTER TABLE messages ALTER COLUMN released SET STORAGE EXTERNAL;
SELECT bondgate_protect('messages', 'SELECT');

-- A hash chain a mailbox: every link states the hash of the one before it.
CREATE TABLE evidence (
  evidence_id uuid PRIMARY KEY,
  attempt_id uuid NOT NULL UNIQUE REFERENCES messages,
  tenant_id uuid NOT NULL,
  enterprise_id uuid NOT NULL,
  team_id uuid,
  client_id uuid,
  mailbox text NOT NULL,
  position bigint NOT NULL,
  statement bytea NOT NULL,
  chain_hash text NOT NULL,
  signature bytea NOT NULL,
  certificate bytea NOT NULL,
  UNIQUE (mailbox, position)
);
SELECT bondgate_protect('evidence', 'SELECT');

CREATE TABLE chain_heads (
  mailbox text PRIMARY KEY,
  position bigint NOT NULL,
  chain_hash text NOT NULL
);

-- Evidence is added and never altered, by no role that runs.
DO $$
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON evidence FROM %I', current_database() || '_worker');
  EXECUTE format('REVOKE DELETE, TRUNCATE ON messages, software_keys, chain_heads FROM %I', current_database() || '_worker');
END $$;
