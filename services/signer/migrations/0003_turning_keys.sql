-- The name of the master key over sealed bytes (backbone/sealing.py); NULL when it was not noted. A key that was followed by
-- another keeps its certificate alone. The handover is signed by the key before, and says which certificate follows its own.
ALTER TABLE software_keys
  ADD COLUMN sealed_by text,
  ADD COLUMN handover bytea,
  ADD COLUMN handover_signature bytea,
  ADD COLUMN followed_at timestamptz;
