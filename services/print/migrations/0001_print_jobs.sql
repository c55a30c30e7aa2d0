-- One row a PDF asked for. `payload` is the document as entry told it, compressed; it goes when the PDF is there.
CREATE TABLE print_jobs (
  print_job_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  enterprise_id uuid,
  team_id uuid,
  client_id uuid,
  kind text NOT NULL,
  document_id uuid NOT NULL,
  document_version int NOT NULL,
  document_state text NOT NULL,
  file_name text NOT NULL,
  requested_by text NOT NULL,
  payload bytea,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'rendering', 'done', 'failed')),
  progress int NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  pages int,
  bytes bigint,
  sha256 text,
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  expires_at timestamptz NOT NULL
);
ALTER TABLE print_jobs ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE INDEX print_jobs_by_expiry ON print_jobs (expires_at);
SELECT bondgate_protect('print_jobs', 'SELECT, INSERT, DELETE');
