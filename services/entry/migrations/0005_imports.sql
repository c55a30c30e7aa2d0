-- Which heading of a customer's own table means which field, by client firm; the nil client is the tenant's own choice.
CREATE TABLE import_mappings (
  tenant_id uuid NOT NULL,
  client_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  kind text NOT NULL,
  section text NOT NULL,
  mapping jsonb NOT NULL,
  set_by jsonb NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, client_id, kind, section)
);
SELECT bondgate_protect('import_mappings', 'SELECT, INSERT, UPDATE, DELETE');
