-- An edition of the goods codes that was put in place before others heard of them is told once, as every placing is.
-- That of the release is not: whoever checks goods codes has the same file.
-- The owner of the tables sees no row while row-level security is forced on it.
ALTER TABLE events NO FORCE ROW LEVEL SECURITY;

WITH newest AS (
  SELECT * FROM hs_editions ORDER BY revision DESC LIMIT 1
), kept AS (
  INSERT INTO events (event_id, tenant_id, type, key, compressed, body)
  SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'goods_codes.placed.v1', 'hs_codes', false,
    convert_to(jsonb_build_object(
      'tenant_id', '00000000-0000-0000-0000-000000000000', 'edition', edition, 'valid_from', valid_from,
      'revision', revision, 'placed_at', imported_at,
      'codes', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('code', code, 'unit', unit, 'second_unit', second_unit)))
                FROM hs_codes WHERE valid_until IS NULL))::text, 'UTF8')
  FROM newest WHERE imported_by <> 'release'
  RETURNING seq, recorded_at, length(body) AS bytes
)
INSERT INTO outbox (seq, recorded_at, bytes) SELECT seq, recorded_at, bytes FROM kept;

ALTER TABLE events FORCE ROW LEVEL SECURITY;
