-- New links stand in one chain a tenant; those of form 1 stay in the chain of their mailbox, which the first link of the
-- tenant's chain names. The generated column says in which chain a link stands, for a signer of either release.

ALTER TABLE evidence ADD COLUMN form int NOT NULL DEFAULT 1, ADD COLUMN message_certificate bytea;
ALTER TABLE evidence ADD COLUMN chain text NOT NULL
  GENERATED ALWAYS AS (CASE WHEN form = 1 THEN mailbox ELSE tenant_id::text END) STORED;
ALTER TABLE evidence DROP CONSTRAINT evidence_mailbox_position_key;
ALTER TABLE evidence ADD CONSTRAINT evidence_in_chain UNIQUE (chain, position);
CREATE INDEX evidence_by_tenant ON evidence (tenant_id, mailbox, position) WHERE form = 1;
COMMENT ON COLUMN chain_heads.mailbox IS 'name of the chain: a mailbox, or the id of a tenant';
