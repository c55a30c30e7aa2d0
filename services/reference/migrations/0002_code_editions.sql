-- Editions of the published code tables that were put in place over those of the release; the highest revision of a table holds.
CREATE SEQUENCE code_revision;
CREATE TABLE code_editions (
  table_name text NOT NULL,
  revision bigint NOT NULL DEFAULT nextval('code_revision'),
  edition text NOT NULL,
  valid_from date NOT NULL,
  sha256 bytea NOT NULL,
  codes jsonb NOT NULL,
  placed_by text NOT NULL,
  placed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (table_name, revision)
);
SELECT bondgate_grant_app('SELECT', 'code_editions');
