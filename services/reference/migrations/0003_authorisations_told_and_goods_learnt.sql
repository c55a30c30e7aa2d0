-- 委托 that were there before others heard of them are told once, as every change of them is.
-- The owner of the tables sees no row while row-level security is forced on it.
ALTER TABLE authorisations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE events NO FORCE ROW LEVEL SECURITY;

WITH kept AS (
  INSERT INTO events (event_id, tenant_id, type, key, compressed, body)
  SELECT gen_random_uuid(), tenant_id, 'authorisation.changed.v1', authorisation_id::text, false,
    convert_to(jsonb_strip_nulls(jsonb_build_object(
      'tenant_id', tenant_id, 'authorisation_id', authorisation_id, 'version', version, 'client_id', client_id,
      'enterprise_id', enterprise_id, 'kinds', to_jsonb(kinds), 'valid_from', valid_from, 'valid_until', valid_until,
      'withdrawn_on', withdrawn_on, 'recorded_at', updated_at))::text, 'UTF8')
  FROM authorisations ORDER BY updated_at
  RETURNING seq, recorded_at, length(body) AS bytes
)
INSERT INTO outbox (seq, recorded_at, bytes) SELECT seq, recorded_at, bytes FROM kept;

ALTER TABLE authorisations FORCE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;

-- What clerks typed per 料号, as declared: of each the newest few sendings, and the newest that customs approved.
CREATE TABLE learnt_goods (
  tenant_id uuid NOT NULL,
  -- Nil for documents of no client firm, so that one index serves both.
  client_id uuid NOT NULL,
  -- Code of the firm in whose name it was declared: two firms may use the same 料号.
  principal text NOT NULL,
  material_no text NOT NULL,
  document_id uuid NOT NULL,
  attempt_no int NOT NULL,
  enterprise_id uuid NOT NULL,
  team_id uuid,
  kind text NOT NULL,
  internal_no text NOT NULL,
  content jsonb NOT NULL,
  standing text NOT NULL CHECK (standing IN ('declared', 'approved', 'returned')),
  -- Version of the document at which `standing` was told.
  document_version int NOT NULL,
  declared_at timestamptz NOT NULL,
  -- In how many documents the 料号 was declared, as of this one.
  times int NOT NULL,
  PRIMARY KEY (tenant_id, client_id, material_no, principal, document_id, attempt_no)
);
CREATE INDEX learnt_goods_of_attempt ON learnt_goods (document_id, attempt_no);
-- Not by tenant: where statistics are of the days when the table was small it would be taken for the key above, row by row.
CREATE INDEX learnt_goods_by_age ON learnt_goods (declared_at);
SELECT bondgate_protect('learnt_goods', 'SELECT, DELETE');
