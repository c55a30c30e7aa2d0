-- Master data of every tenant, and the goods codes of the tariff, which are the platform's.

CREATE TABLE hs_editions (
  edition_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  edition text NOT NULL UNIQUE,
  valid_from date NOT NULL,
  sha256 bytea NOT NULL,
  imported_by text NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now(),
  -- Grows with every import, so that other processes see that there is something new.
  revision bigint NOT NULL
);
CREATE SEQUENCE hs_revision;
SELECT bondgate_grant_app('SELECT', 'hs_editions');

-- A code that a later edition no longer has keeps its row and gets an end.
CREATE TABLE hs_codes (
  code text PRIMARY KEY CHECK (code ~ '^[0-9]{10}$'),
  name text NOT NULL,
  initials text NOT NULL,
  unit text NOT NULL,
  second_unit text,
  valid_from date NOT NULL,
  valid_until date,
  edition text NOT NULL
);
SELECT bondgate_grant_app('SELECT', 'hs_codes');

-- Companies, goods, vehicles and templates: they differ in their fields, which contracts/master declares, not in how they are kept.
CREATE TABLE records (
  record_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  type text NOT NULL CHECK (type IN ('companies', 'goods', 'trucks', 'templates')),
  client_id uuid,
  natural_key text NOT NULL,
  content jsonb NOT NULL,
  search text NOT NULL,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  created_by jsonb NOT NULL,
  changed_by jsonb NOT NULL,
  CONSTRAINT records_key UNIQUE NULLS NOT DISTINCT (tenant_id, type, client_id, natural_key)
);
CREATE INDEX records_newest ON records (tenant_id, type, created_at DESC, record_id DESC);
CREATE INDEX records_by_key ON records (tenant_id, type, natural_key);
CREATE INDEX companies_by_uscc ON records (tenant_id, (content ->> 'uscc')) WHERE type = 'companies';
CREATE INDEX companies_by_name ON records (tenant_id, (content ->> 'name')) WHERE type = 'companies';
SELECT bondgate_protect('records');

-- 委托. A row is never deleted: what was declared under it must stay explained.
CREATE TABLE authorisations (
  authorisation_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  client_id uuid NOT NULL,
  enterprise_id uuid,
  kinds text[],
  agreement_no text,
  remark text,
  valid_from date NOT NULL,
  valid_until date NOT NULL CHECK (valid_until >= valid_from),
  withdrawn_on date,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  created_by jsonb NOT NULL
);
CREATE INDEX authorisations_of_client ON authorisations (tenant_id, client_id, valid_until);
CREATE INDEX authorisations_newest ON authorisations (tenant_id, created_at DESC, authorisation_id DESC);
SELECT bondgate_protect('authorisations', 'SELECT, INSERT, UPDATE');
