-- Copies of what identity and reference tell: a document names only teams and client firms that there are, and a broker
-- declares only for the firms that authorised it. The newest version of a row counts.
CREATE TABLE teams (
  team_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  name text NOT NULL,
  status text NOT NULL
);
CREATE INDEX teams_of_tenant ON teams (tenant_id);
SELECT bondgate_protect('teams', 'SELECT');

CREATE TABLE clients (
  client_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  name text NOT NULL,
  customs_code text,
  uscc text,
  status text NOT NULL
);
CREATE INDEX clients_by_customs_code ON clients (tenant_id, customs_code);
CREATE INDEX clients_by_uscc ON clients (tenant_id, uscc);
SELECT bondgate_protect('clients', 'SELECT');

CREATE TABLE authorisations (
  authorisation_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  client_id uuid NOT NULL,
  enterprise_id uuid,
  kinds text[],
  valid_from date NOT NULL,
  valid_until date NOT NULL,
  withdrawn_on date
);
CREATE INDEX authorisations_of_client ON authorisations (tenant_id, client_id);
SELECT bondgate_protect('authorisations', 'SELECT');

-- What happens when there is no authorisation; without a row: refuse once the tenant has entered any, warn until then.
CREATE TABLE authorisation_rules (
  tenant_id uuid PRIMARY KEY,
  mode text NOT NULL CHECK (mode IN ('auto', 'off', 'warn', 'refuse')),
  set_by jsonb NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now()
);
SELECT bondgate_protect('authorisation_rules', 'SELECT, INSERT, UPDATE');
