-- What somebody typed into the page and has not saved: unchecked text, his alone, gone after a while. No document, no event.
CREATE TABLE page_drafts (
  tenant_id uuid NOT NULL,
  user_id text NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 100),
  content text NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id, key)
);
SELECT bondgate_protect('page_drafts', 'SELECT, INSERT, UPDATE, DELETE');
