-- What every service stands on. Roles are named after the database, so the same text serves every service.

DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA public TO %I, %I', current_database() || '_app', current_database() || '_worker');
  -- The worker may use whatever the owner makes; the app role only what is granted to it by name.
  EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO %I', current_database() || '_worker');
  EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO %I, %I', current_database() || '_app', current_database() || '_worker');
END $$;

CREATE FUNCTION bondgate_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('bondgate.tenant', true), '')::uuid $$;

-- Rows of one tenant for the app role (none while the setting is unset), all rows for the worker role.
CREATE FUNCTION bondgate_protect(target regclass, app_rights text DEFAULT 'SELECT, INSERT, UPDATE, DELETE')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY one_tenant ON %s TO %I USING (tenant_id = bondgate_tenant()) WITH CHECK (tenant_id = bondgate_tenant())',
                 target, current_database() || '_app');
  EXECUTE format('CREATE POLICY every_tenant ON %s TO %I USING (true) WITH CHECK (true)', target, current_database() || '_worker');
  EXECUTE format('GRANT %s ON %s TO %I', app_rights, target, current_database() || '_app');
END $$;

CREATE FUNCTION bondgate_grant_app(rights text, target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('GRANT %s ON %s TO %I', rights, target, current_database() || '_app');
END $$;

-- Events are kept for ever, in a partition a month; the outbox beside them only queues what is still to be published.
CREATE SEQUENCE event_seq;

CREATE TABLE events (
  recorded_at timestamptz NOT NULL DEFAULT now(),
  seq bigint NOT NULL DEFAULT nextval('event_seq'),
  event_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  key text NOT NULL,
  traceparent text,
  compressed boolean NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (recorded_at, seq)
) PARTITION BY RANGE (recorded_at);
ALTER TABLE events ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE INDEX events_by_key ON events (key, seq);
SELECT bondgate_protect('events', 'SELECT, INSERT');

CREATE FUNCTION bondgate_make_partitions(months_ahead int DEFAULT 2) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  first_day date;
  made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7206116);
  FOR i IN 0..months_ahead LOOP
    first_day := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date;
    IF to_regclass(format('events_%s', to_char(first_day, 'YYYY_MM'))) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)', 'events_' || to_char(first_day, 'YYYY_MM'),
                     first_day::text || ' 00:00+00', (first_day + interval '1 month')::date::text || ' 00:00+00');
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END $$;
SELECT bondgate_make_partitions();

CREATE TABLE outbox (
  seq bigint PRIMARY KEY,
  recorded_at timestamptz NOT NULL,
  bytes int NOT NULL
);
SELECT bondgate_grant_app('INSERT', 'outbox');

-- One row per event a consumer has absorbed, written in the transaction of the effect.
CREATE TABLE inbox (
  consumer text NOT NULL,
  event_id uuid NOT NULL,
  absorbed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_by_age ON inbox (absorbed_at);

CREATE TABLE idempotency (
  tenant_id uuid NOT NULL,
  caller text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  body_sha256 bytea NOT NULL,
  status int NOT NULL,
  headers jsonb NOT NULL,
  body bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, caller, route, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
SELECT bondgate_protect('idempotency', 'SELECT, INSERT');

-- Work to be done by a lane (a card, a mailbox, a renderer): one job of a lane at a time.
CREATE TABLE jobs (
  job_id uuid PRIMARY KEY,
  queue text NOT NULL,
  lane text NOT NULL,
  dedupe_key text NOT NULL,
  tenant_id uuid NOT NULL,
  payload bytea,
  traceparent text,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'done', 'failed')),
  due_at timestamptz NOT NULL DEFAULT now(),
  tries int NOT NULL DEFAULT 0,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (queue, dedupe_key)
);
CREATE INDEX jobs_to_do ON jobs (queue, lane, due_at, job_id) WHERE state = 'queued';
SELECT bondgate_protect('jobs', 'SELECT, INSERT');
