-- What a reader showed of a card. A PIN that was refused stays untried until a person set another, also over a restart.
ALTER TABLE cards
  ADD COLUMN reader text,
  ADD COLUMN latency_milliseconds int,
  ADD COLUMN pin_fault text,
  ADD COLUMN pin_tries_left int;

-- The route of a message that another card signs; NULL: as it was declared. Then the card it waits for, why, and since when.
ALTER TABLE messages
  ADD COLUMN route jsonb,
  ADD COLUMN waits_for text,
  ADD COLUMN waits_why text,
  ADD COLUMN waits_since timestamptz;

-- The base directory of the successor's import client; NULL: the same as of the first card.
ALTER TABLE card_consents ADD COLUMN mailbox text;

CREATE INDEX messages_waiting ON messages (waits_for) WHERE waits_for IS NOT NULL;
