-- Identity is what other tables of a tenant hang on; composite keys make a reference into another tenant impossible,
-- because foreign keys are checked without row-level security.

CREATE TABLE tenants (
  tenant_id uuid PRIMARY KEY,
  version int NOT NULL DEFAULT 1,
  slug text NOT NULL CONSTRAINT tenants_slug UNIQUE,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
SELECT bondgate_protect('tenants', 'SELECT');

CREATE TABLE enterprises (
  enterprise_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  version int NOT NULL DEFAULT 1,
  status text NOT NULL CHECK (status IN ('active', 'suspended')),
  name text NOT NULL,
  customs_code text NOT NULL,
  uscc text NOT NULL,
  route jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT enterprises_customs_code UNIQUE (tenant_id, customs_code)
);
-- A mailbox is a folder: one owner on the whole platform, also where the file system does not tell upper from lower case.
CREATE UNIQUE INDEX enterprises_mailbox ON enterprises (lower(route ->> 'mailbox'));
SELECT bondgate_protect('enterprises', 'SELECT, INSERT, UPDATE');

CREATE TABLE teams (
  team_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  version int NOT NULL DEFAULT 1,
  status text NOT NULL CHECK (status IN ('active', 'suspended')),
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT teams_name UNIQUE (tenant_id, name)
);
SELECT bondgate_protect('teams', 'SELECT, INSERT, UPDATE');

-- Client firms a broker serves. One legal entity may hold several customs codes, so the uscc is not unique.
CREATE TABLE clients (
  client_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  version int NOT NULL DEFAULT 1,
  status text NOT NULL CHECK (status IN ('active', 'suspended')),
  name text NOT NULL,
  customs_code text,
  uscc text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT clients_customs_code UNIQUE (tenant_id, customs_code)
);
CREATE INDEX clients_by_tenant ON clients (tenant_id, client_id);
SELECT bondgate_protect('clients', 'SELECT, INSERT, UPDATE');

CREATE TABLE roles (
  role_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  version int NOT NULL DEFAULT 1,
  name text NOT NULL,
  permissions text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT roles_name UNIQUE (tenant_id, name),
  UNIQUE (tenant_id, role_id)
);
SELECT bondgate_protect('roles');

CREATE TABLE users (
  user_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  version int NOT NULL DEFAULT 1,
  status text NOT NULL CHECK (status IN ('active', 'suspended')),
  login text NOT NULL,
  name text NOT NULL,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_login UNIQUE (tenant_id, login),
  UNIQUE (tenant_id, user_id)
);
SELECT bondgate_protect('users', 'SELECT, INSERT, UPDATE');

-- Secrets are 256 random bits made here, so a plain hash is enough. The one before stays valid for a while.
CREATE TABLE api_clients (
  api_client_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  version int NOT NULL DEFAULT 1,
  status text NOT NULL CHECK (status IN ('active', 'suspended')),
  client_id text NOT NULL CONSTRAINT api_clients_client_id UNIQUE,
  name text NOT NULL,
  secret_sha256 bytea NOT NULL,
  previous_sha256 bytea,
  previous_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT api_clients_name UNIQUE (tenant_id, name),
  UNIQUE (tenant_id, api_client_id)
);
SELECT bondgate_protect('api_clients', 'SELECT, INSERT, UPDATE');

-- Roles of a user or an API client, each within a scope; NULL is not limited.
CREATE TABLE assignments (
  assignment_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  user_id uuid,
  api_client_id uuid,
  position int NOT NULL,
  role_id uuid NOT NULL,
  enterprises uuid[],
  teams uuid[],
  clients uuid[],
  CHECK (num_nonnulls(user_id, api_client_id) = 1),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id),
  FOREIGN KEY (tenant_id, api_client_id) REFERENCES api_clients (tenant_id, api_client_id),
  CONSTRAINT assignments_role FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, role_id)
);
CREATE INDEX assignments_of_users ON assignments (user_id);
CREATE INDEX assignments_of_api_clients ON assignments (api_client_id);
CREATE INDEX assignments_of_roles ON assignments (tenant_id, role_id);
SELECT bondgate_protect('assignments');

-- For the worker role alone: keys that sign tokens, the private part sealed under the master key.
CREATE TABLE signing_keys (
  key_id text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  signs_from timestamptz NOT NULL,
  published_until timestamptz
);

-- For the worker role alone: failed logins by hash of what was named (a login, an address), never the name itself.
CREATE TABLE login_attempts (
  key bytea PRIMARY KEY,
  failures int NOT NULL DEFAULT 0,
  last_at timestamptz NOT NULL DEFAULT now(),
  blocked_until timestamptz
);
CREATE INDEX login_attempts_by_age ON login_attempts (last_at);
