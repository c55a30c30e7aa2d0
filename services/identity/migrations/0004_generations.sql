-- How often the tokens of a tenant, a user or an API client were taken back: a token says the number it was given under.

ALTER TABLE tenants ADD COLUMN generation int NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN generation int NOT NULL DEFAULT 0;
ALTER TABLE api_clients ADD COLUMN generation int NOT NULL DEFAULT 0;
