-- Rounds, reviews, attachments and adoption in the lists; since when a document stands where it stands; what it names.
-- Rows of before keep what they have: a rebuild of the view fills the new columns from the events, when one wants them.
ALTER TABLE documents
  ADD COLUMN system text,
  ADD COLUMN round_no int,
  ADD COLUMN round_purpose text,
  ADD COLUMN round_state text,
  ADD COLUMN review text,
  ADD COLUMN attachments int NOT NULL DEFAULT 0,
  ADD COLUMN linked text[] NOT NULL DEFAULT '{}',
  ADD COLUMN told_version int NOT NULL DEFAULT 0,
  ADD COLUMN since_version int NOT NULL DEFAULT 0,
  ADD COLUMN state_since timestamptz,
  ADD COLUMN approved_version int NOT NULL DEFAULT 0,
  ADD COLUMN approved_at timestamptz;
-- What the authority told had the version of the standing so far.
UPDATE documents SET told_version = standing_version;

CREATE INDEX documents_in_rounds ON documents (tenant_id, kind, updated_at DESC, document_id DESC) WHERE round_no IS NOT NULL;
-- 核放单 and 集报清单 that name 出入库单: few beside all documents.
CREATE INDEX documents_naming_bills ON documents (tenant_id, kind) WHERE linked <> '{}';
