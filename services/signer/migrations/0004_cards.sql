-- Cards as people hold them. The number of a card is of one tenant on the whole platform, as the card lies in one place.
CREATE TABLE cards (
  card_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  version int NOT NULL DEFAULT 1,
  number text NOT NULL CONSTRAINT cards_number UNIQUE,
  holder text NOT NULL,
  firm_name text NOT NULL,
  firm_code text NOT NULL,
  firm_uscc text NOT NULL,
  certificate bytea,
  certificate_serial text,
  valid_from timestamptz,
  valid_until timestamptz,
  enterprises uuid[] NOT NULL DEFAULT '{}',
  users uuid[] NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  -- What was last seen of it by whatever holds it.
  state text NOT NULL DEFAULT 'unseen',
  last_error text,
  last_seen_at timestamptz,
  registered_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, card_id)
);
SELECT bondgate_protect('cards', 'SELECT, INSERT, UPDATE');
CREATE INDEX cards_by_end ON cards (valid_until) WHERE status = 'active';

-- Sealed under the master key. The application's role may write one and never read it.
CREATE TABLE card_pins (
  card_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  sealed bytea NOT NULL,
  sealed_by text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, card_id) REFERENCES cards (tenant_id, card_id)
);
SELECT bondgate_protect('card_pins', 'INSERT, DELETE');
DO $$
BEGIN
  EXECUTE format('GRANT SELECT (card_id, tenant_id, set_at), UPDATE (sealed, sealed_by, set_at) ON card_pins TO %I',
                 current_database() || '_app');
END $$;

-- A firm's word that a second card may sign in place of the first while that one cannot.
CREATE TABLE card_consents (
  consent_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  card_id uuid NOT NULL,
  successor_id uuid NOT NULL,
  consented_by text NOT NULL,
  remark text NOT NULL,
  recorded_by jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  withdrawn_by jsonb,
  withdrawn_at timestamptz,
  FOREIGN KEY (tenant_id, card_id) REFERENCES cards (tenant_id, card_id),
  FOREIGN KEY (tenant_id, successor_id) REFERENCES cards (tenant_id, card_id)
);
CREATE UNIQUE INDEX card_consents_held ON card_consents (card_id, successor_id) WHERE withdrawn_at IS NULL;
SELECT bondgate_protect('card_consents', 'SELECT, INSERT, UPDATE');
