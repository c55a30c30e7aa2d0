-- Sessions of the page. The secret is 256 random bits in a cookie, so a plain hash is enough; the worker role finds one by it
-- before it is known whose it is.
CREATE TABLE sessions (
  session_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  secret_sha256 bytea NOT NULL CONSTRAINT sessions_secret UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz NOT NULL,
  address text NOT NULL,
  browser text NOT NULL,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
);
CREATE INDEX sessions_of_users ON sessions (user_id, created_at);
CREATE INDEX sessions_by_end ON sessions (ends_at);
SELECT bondgate_protect('sessions', 'SELECT, DELETE');

-- What a page keeps for a person: columns, density, last used values. The text is JSON as it was sent.
CREATE TABLE preferences (
  tenant_id uuid NOT NULL REFERENCES tenants,
  subject text NOT NULL,
  key text NOT NULL,
  version int NOT NULL DEFAULT 1,
  content text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, subject, key)
);
SELECT bondgate_protect('preferences');
