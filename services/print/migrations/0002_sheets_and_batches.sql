-- What is printed of a document, and the jobs that were asked for together.
ALTER TABLE print_jobs ADD COLUMN sheet text NOT NULL DEFAULT 'document' CHECK (sheet IN ('document', 'receipts'));
ALTER TABLE print_jobs ADD COLUMN batch_id uuid;
CREATE INDEX print_jobs_by_batch ON print_jobs (batch_id) WHERE batch_id IS NOT NULL;
