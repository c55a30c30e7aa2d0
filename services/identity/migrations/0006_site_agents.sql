-- Agents at sites. A code enrols once; of the agent's key only the public half is known here.
CREATE TABLE site_agents (
  site_agent_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  version int NOT NULL DEFAULT 1,
  generation int NOT NULL DEFAULT 0,
  name text NOT NULL,
  enterprises uuid[] NOT NULL,
  status text NOT NULL DEFAULT 'invited' CHECK (status IN ('invited', 'enrolled', 'revoked')),
  code_sha256 bytea CONSTRAINT site_agents_code UNIQUE,
  code_until timestamptz,
  -- The code that enrolled the present key, so that an answer that was lost on the way can be asked for again.
  enrolled_code_sha256 bytea,
  public_jwk jsonb,
  key_thumbprint text,
  enrolled_at timestamptz,
  revoked_at timestamptz,
  seen_at timestamptz,
  state jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- A revoked agent leaves its name to the next one.
CREATE UNIQUE INDEX site_agents_name ON site_agents (tenant_id, name) WHERE status <> 'revoked';
CREATE INDEX site_agents_by_time ON site_agents (tenant_id, created_at DESC, site_agent_id DESC);
SELECT bondgate_protect('site_agents', 'SELECT, INSERT, UPDATE');
