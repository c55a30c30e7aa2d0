-- Jobs of several parts, of several documents, of ledgers; and jobs that were cancelled or whose file has gone.
ALTER TABLE print_jobs DROP CONSTRAINT print_jobs_state_check;
ALTER TABLE print_jobs ADD CONSTRAINT print_jobs_state_check
  CHECK (state IN ('queued', 'rendering', 'done', 'failed', 'cancelled', 'expired'));
ALTER TABLE print_jobs ADD COLUMN subject text NOT NULL DEFAULT 'document'
  CHECK (subject IN ('document', 'bundle', 'report'));
ALTER TABLE print_jobs ADD COLUMN format text NOT NULL DEFAULT 'pdf' CHECK (format IN ('pdf', 'zip'));
ALTER TABLE print_jobs ADD COLUMN cover boolean NOT NULL DEFAULT false;
ALTER TABLE print_jobs ADD COLUMN documents int NOT NULL DEFAULT 1;
ALTER TABLE print_jobs ADD COLUMN documents_done int NOT NULL DEFAULT 0;
ALTER TABLE print_jobs ADD COLUMN row_count int NOT NULL DEFAULT 0;
ALTER TABLE print_jobs ADD COLUMN skipped jsonb NOT NULL DEFAULT '[]';
ALTER TABLE print_jobs ALTER COLUMN kind DROP NOT NULL;
ALTER TABLE print_jobs ALTER COLUMN document_id DROP NOT NULL;
ALTER TABLE print_jobs ALTER COLUMN document_version DROP NOT NULL;
ALTER TABLE print_jobs ALTER COLUMN document_state DROP NOT NULL;
CREATE INDEX print_jobs_by_requester ON print_jobs (tenant_id, requested_by, print_job_id DESC);

-- What a job of several parts is made of, in order; each compressed, all gone when the file is there.
CREATE TABLE print_parts (
  print_job_id uuid NOT NULL REFERENCES print_jobs ON DELETE CASCADE,
  part_no int NOT NULL,
  tenant_id uuid NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (print_job_id, part_no)
);
ALTER TABLE print_parts ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT bondgate_protect('print_parts', 'SELECT, INSERT, DELETE');

-- Counting what was read, and cancelling, is the caller's own doing; everything else that changes a job is the worker's.
SELECT bondgate_grant_app('UPDATE (state, payload, finished_at, documents, row_count, skipped)', 'print_jobs');
