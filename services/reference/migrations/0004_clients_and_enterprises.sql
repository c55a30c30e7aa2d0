-- Copies of what identity tells: master data and 委托 name only client firms and enterprises that there are.
-- The newest version of a row counts.
CREATE TABLE clients (
  client_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  name text NOT NULL,
  status text NOT NULL
);
SELECT bondgate_protect('clients', 'SELECT');

CREATE TABLE enterprises (
  enterprise_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  name text NOT NULL,
  customs_code text NOT NULL,
  uscc text NOT NULL,
  status text NOT NULL
);
SELECT bondgate_protect('enterprises', 'SELECT');
