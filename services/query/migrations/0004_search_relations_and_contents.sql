-- Views of their own, so that a status change rewrites neither texts nor contents, and so that they fill themselves from the events.
INSERT INTO views (name) VALUES ('searchable'), ('relations'), ('contents');

-- What a document is found by, folded (services/query/searching.py); grams are hashes of tenant, kind and two characters.
CREATE TABLE searchable (
  document_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  kind text NOT NULL,
  numbers text[] NOT NULL,
  number_grams int[] NOT NULL,
  content_version int NOT NULL,
  digest bytea NOT NULL,
  content text NOT NULL,
  content_grams int[] NOT NULL,
  cut boolean NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX searchable_grams ON searchable USING gin ((number_grams || content_grams));
CREATE INDEX searchable_cut ON searchable (tenant_id, kind) WHERE cut;
SELECT bondgate_protect('searchable', 'SELECT');

-- The operators of arrays are not leakproof, so under row-level security they may not use an index. The function below reads as the
-- owner, names the tenant itself, and gives nothing but ids.
DO $$ BEGIN EXECUTE format('CREATE POLICY finding ON searchable FOR SELECT TO %I USING (true)', current_user); END $$;
CREATE FUNCTION found_documents(wanted int[], patterns text[], most int) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public SET enable_seqscan = off SET jit = off AS $$
  SELECT document_id FROM searchable
  WHERE (number_grams || content_grams) @> wanted AND tenant_id = bondgate_tenant()
    AND (array_to_string(numbers, E'\n') || E'\n' || content) LIKE ALL (patterns)
  LIMIT most
$$;
REVOKE ALL ON FUNCTION found_documents FROM PUBLIC;
DO $$ BEGIN
  EXECUTE format('GRANT EXECUTE ON FUNCTION found_documents TO %I', current_database() || '_app');
END $$;

-- Which document names which. The row of place 0 is the document itself: the version its rows are from, its handle, its model.
-- From place 100000 on, what each attempt named.
CREATE TABLE relations (
  document_id uuid NOT NULL,
  place int NOT NULL,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  kind text NOT NULL,
  relation text NOT NULL,
  to_kind text NOT NULL,
  to_number text,
  copied_from uuid,
  PRIMARY KEY (document_id, place)
);
-- With the id, which follows the time, so that the newest of very many are read alone.
CREATE INDEX relations_by_number ON relations (tenant_id, to_kind, to_number, document_id) WHERE to_number IS NOT NULL;
CREATE INDEX relations_of_copies ON relations (copied_from) WHERE copied_from IS NOT NULL;
SELECT bondgate_protect('relations', 'SELECT');

-- Contents of documents that others are made from, or that are made from others: the working copy (part 0) and what each attempt sent.
CREATE TABLE contents (
  document_id uuid NOT NULL,
  part int NOT NULL,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  content bytea,
  approved_version int NOT NULL,
  approved_attempt_no int,
  PRIMARY KEY (document_id, part)
);
ALTER TABLE contents ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT bondgate_protect('contents', 'SELECT');
