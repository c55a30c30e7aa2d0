-- Editions of published code tables as reference tells them; a copy, the newest revision of a table.
CREATE TABLE code_editions (
  table_name text PRIMARY KEY,
  revision bigint NOT NULL,
  edition text NOT NULL,
  valid_from date NOT NULL,
  codes jsonb NOT NULL
);
SELECT bondgate_grant_app('SELECT', 'code_editions');
