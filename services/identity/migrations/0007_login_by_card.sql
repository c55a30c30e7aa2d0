-- How the persons of a tenant log in: password, card, either, both.
ALTER TABLE tenants ADD COLUMN login_by text NOT NULL DEFAULT 'either';

-- The card by which a person may log in: its certificate, since the key never leaves it.
CREATE TABLE user_cards (
  user_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  certificate bytea NOT NULL,
  certificate_serial text NOT NULL,
  holder text,
  valid_until timestamptz NOT NULL,
  bound_by text NOT NULL,
  bound_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
);
SELECT bondgate_protect('user_cards', 'SELECT, INSERT, UPDATE, DELETE');

-- For the worker role alone: a challenge is answered once.
CREATE TABLE used_challenges (
  nonce uuid PRIMARY KEY,
  ends_at timestamptz NOT NULL
);
