-- Cards in readers of sites, as the agent that holds the card's lease sees them. Another agent with the same card waits.
CREATE TABLE site_cards (
  tenant_id uuid NOT NULL,
  card_no text NOT NULL,
  agent_id uuid NOT NULL,
  reader text NOT NULL,
  certificate bytea NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  leased_until timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, card_no)
);
SELECT bondgate_protect('site_cards', 'SELECT, INSERT, UPDATE, DELETE');

-- What such a card shall sign. `lease` counts who took it: an answer under an older number is dropped.
CREATE TABLE site_orders (
  order_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  card_no text NOT NULL,
  content bytea NOT NULL,
  algorithm text NOT NULL,
  urgent boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'signed', 'failed', 'dropped')),
  lease int NOT NULL DEFAULT 0,
  agent_id uuid,
  leased_until timestamptz,
  signature bytea,
  fault text,
  detail text,
  tries_left int,
  may_have_signed boolean NOT NULL DEFAULT false,
  asked_at timestamptz NOT NULL DEFAULT now(),
  answered_at timestamptz
);
CREATE INDEX site_orders_to_take ON site_orders (tenant_id, card_no, asked_at) WHERE state IN ('waiting', 'taken');
CREATE INDEX site_orders_by_age ON site_orders (asked_at);
SELECT bondgate_protect('site_orders', 'SELECT, UPDATE');
