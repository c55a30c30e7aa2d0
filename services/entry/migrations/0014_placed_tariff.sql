-- The edition of the goods codes that the operator put in place, as reference tells it; a copy, the newest revision.
CREATE TABLE placed_tariff (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  revision bigint NOT NULL,
  edition text NOT NULL,
  valid_from date NOT NULL,
  -- By code: first and second statutory unit.
  units jsonb NOT NULL
);
SELECT bondgate_grant_app('SELECT', 'placed_tariff');
