-- What the live stream tells: a row per version of a document, for a day. `seq` follows the order of commits, since it is given
-- under a lock that is held until the commit (services/query/changes.py).
CREATE TABLE changes (
  tenant_id uuid NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  document_id uuid NOT NULL,
  version int NOT NULL,
  kind text NOT NULL,
  enterprise_id uuid NOT NULL,
  team_id uuid,
  client_id uuid,
  internal_no text NOT NULL,
  customs_no text,
  state text NOT NULL,
  moved boolean NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, seq),
  UNIQUE (document_id, version)
);
SELECT bondgate_protect('changes', 'SELECT');

-- How far a tenant's changes were swept away: nothing up to `seq` can be told again, nothing up to `occurred_at` is written again.
CREATE TABLE changes_swept (
  tenant_id uuid PRIMARY KEY,
  seq bigint NOT NULL,
  occurred_at timestamptz NOT NULL
);
SELECT bondgate_protect('changes_swept', 'SELECT');

-- Lists as a user likes them. No view: nothing rebuilds it.
CREATE TABLE saved_views (
  view_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  owner_id text NOT NULL,
  owner_name text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  conditions jsonb NOT NULL,
  columns text[] NOT NULL,
  shared boolean NOT NULL,
  is_default boolean NOT NULL,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT saved_views_name UNIQUE (tenant_id, owner_id, kind, name)
);
CREATE UNIQUE INDEX saved_views_default ON saved_views (tenant_id, owner_id, kind) WHERE is_default;
CREATE INDEX saved_views_shared ON saved_views (tenant_id, kind) WHERE shared;
SELECT bondgate_protect('saved_views');

-- Counts without the rows: everything they count and everything grants ask for lies in the index.
CREATE INDEX documents_counted ON documents (tenant_id, kind, state)
  INCLUDE (round_purpose, deadline_at, needs_operator, review, enterprise_id, team_id, client_id) WHERE state <> 'deleted';
-- What waits for somebody: few beside all documents.
CREATE INDEX documents_awaited ON documents (tenant_id, kind, deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX documents_for_operators ON documents (tenant_id, kind, updated_at DESC, document_id DESC) WHERE needs_operator;
CREATE INDEX documents_in_review ON documents (tenant_id, kind, updated_at DESC, document_id DESC) WHERE review IS NOT NULL;

-- Conditions on the content that few documents fulfil. Row-level security keeps `listed ->> …` away from indexes, since it may tell
-- what it looks at; a column of its own is compared by an operator that tells nothing.
ALTER TABLE documents
  ADD COLUMN sought_operating_code text GENERATED ALWAYS AS (listed ->> 'operating_code') STORED,
  ADD COLUMN sought_book_no text GENERATED ALWAYS AS (listed ->> 'book_no') STORED,
  ADD COLUMN sought_area_code text GENERATED ALWAYS AS (listed ->> 'area_code') STORED,
  ADD COLUMN sought_area_book_no text GENERATED ALWAYS AS (listed ->> 'area_book_no') STORED,
  ADD COLUMN sought_business_form_no text GENERATED ALWAYS AS (listed ->> 'business_form_no') STORED,
  ADD COLUMN sought_linked_nos text GENERATED ALWAYS AS (listed ->> 'linked_nos') STORED,
  ADD COLUMN sought_vehicle_no text GENERATED ALWAYS AS (listed ->> 'vehicle_no') STORED,
  ADD COLUMN sought_owner_code text GENERATED ALWAYS AS (listed ->> 'owner_code') STORED;
CREATE INDEX documents_by_operating_code ON documents (tenant_id, kind, sought_operating_code, updated_at DESC, document_id DESC) WHERE sought_operating_code IS NOT NULL;
CREATE INDEX documents_by_book_no ON documents (tenant_id, kind, sought_book_no, updated_at DESC, document_id DESC) WHERE sought_book_no IS NOT NULL;
CREATE INDEX documents_by_area_code ON documents (tenant_id, kind, sought_area_code, updated_at DESC, document_id DESC) WHERE sought_area_code IS NOT NULL;
CREATE INDEX documents_by_area_book_no ON documents (tenant_id, kind, sought_area_book_no, updated_at DESC, document_id DESC) WHERE sought_area_book_no IS NOT NULL;
CREATE INDEX documents_by_business_form_no ON documents (tenant_id, kind, sought_business_form_no, updated_at DESC, document_id DESC) WHERE sought_business_form_no IS NOT NULL;
CREATE INDEX documents_by_linked_nos ON documents (tenant_id, kind, sought_linked_nos, updated_at DESC, document_id DESC) WHERE sought_linked_nos IS NOT NULL;
CREATE INDEX documents_by_vehicle_no ON documents (tenant_id, kind, sought_vehicle_no, updated_at DESC, document_id DESC) WHERE sought_vehicle_no IS NOT NULL;
CREATE INDEX documents_by_owner_code ON documents (tenant_id, kind, sought_owner_code, updated_at DESC, document_id DESC) WHERE sought_owner_code IS NOT NULL;
-- An enterprise belongs to one tenant; without knowing this a page of some firms is planned as if it had hardly a row.
CREATE STATISTICS documents_scope (ndistinct, dependencies) ON tenant_id, enterprise_id, team_id, client_id FROM documents;
-- Index-only scans live on a fresh visibility map.
ALTER TABLE documents SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02);
-- Tenants differ a thousandfold in size, so a plan kept from one of them is wrong for another.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET plan_cache_mode = force_custom_plan', current_database()); END $$;
