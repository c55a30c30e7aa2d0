-- Teams and client firms that were there before others heard of them are told once, as every change of them is.
-- The owner of the tables sees no row while row-level security is forced on it.

ALTER TABLE teams NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clients NO FORCE ROW LEVEL SECURITY;
ALTER TABLE events NO FORCE ROW LEVEL SECURITY;

WITH told AS (
  SELECT updated_at, tenant_id, 'team.registered.v1' AS type, team_id AS key, jsonb_build_object(
    'tenant_id', tenant_id, 'team_id', team_id, 'version', version, 'name', name, 'status', status,
    'recorded_at', updated_at) AS body
  FROM teams
  UNION ALL
  SELECT updated_at, tenant_id, 'client.registered.v1', client_id, jsonb_build_object(
    'tenant_id', tenant_id, 'client_id', client_id, 'version', version, 'name', name, 'customs_code', customs_code,
    'uscc', uscc, 'status', status, 'recorded_at', updated_at)
  FROM clients
  ORDER BY updated_at
), kept AS (
  INSERT INTO events (event_id, tenant_id, type, key, compressed, body)
  SELECT gen_random_uuid(), tenant_id, type, key::text, false, convert_to(jsonb_strip_nulls(body)::text, 'UTF8') FROM told
  RETURNING seq, recorded_at, length(body) AS bytes
)
INSERT INTO outbox (seq, recorded_at, bytes) SELECT seq, recorded_at, bytes FROM kept;

ALTER TABLE teams FORCE ROW LEVEL SECURITY;
ALTER TABLE clients FORCE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
