-- Files on their way through the agent of a site. A file is bound to one agent before its bytes may leave, and stays so:
-- whether another may have it can only be told by the one that had it.
CREATE TABLE site_files (
  mailbox text NOT NULL,
  file_name text NOT NULL,
  tenant_id uuid NOT NULL,
  attempt_id uuid NOT NULL,
  try_no int NOT NULL,
  agent_id uuid NOT NULL,
  -- offered: it may have it; held: it said that it has it; then what became of it there, or lost with a revoked agent.
  state text NOT NULL DEFAULT 'offered' CHECK (state IN ('offered', 'held', 'sent', 'failed', 'gone', 'lost')),
  offered_at timestamptz NOT NULL DEFAULT now(),
  told_at timestamptz,
  -- What was true of the platform's own folder has been done.
  settled boolean NOT NULL DEFAULT true,
  PRIMARY KEY (mailbox, file_name),
  FOREIGN KEY (attempt_id, try_no) REFERENCES deliveries
);
CREATE INDEX site_files_with_agents ON site_files (agent_id, mailbox) WHERE state IN ('offered', 'held');
CREATE INDEX site_files_to_settle ON site_files (mailbox) WHERE NOT settled;
SELECT bondgate_protect('site_files', 'SELECT, INSERT, UPDATE');

-- Whose mailbox it is, and which agent serves it now; another is given nothing new until the time is over.
CREATE TABLE mailboxes (
  mailbox text PRIMARY KEY,
  tenant_id uuid NOT NULL,
  enterprise_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  agent_id uuid,
  leased_until timestamptz
);
SELECT bondgate_protect('mailboxes', 'SELECT');
DO $$
BEGIN
  EXECUTE format('GRANT UPDATE (agent_id, leased_until) ON mailboxes TO %I', current_database() || '_app');
END $$;
