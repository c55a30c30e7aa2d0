-- The name of the master key over sealed bytes (backbone/sealing.py); NULL when it was not noted.
ALTER TABLE signing_keys ADD COLUMN sealed_by text;

-- For the worker role alone: other secrets of the service, such as the key of fingerprints, which outlives a master key.
CREATE TABLE sealed_secrets (
  name text PRIMARY KEY,
  sealed bytea NOT NULL,
  sealed_by text
);
