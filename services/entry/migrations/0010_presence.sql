-- Who has a document open in a window, and whether he types. Short-lived: lost with the server, swept when not renewed.
CREATE UNLOGGED TABLE presence (
  document_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  window_id uuid NOT NULL,
  user_id text NOT NULL,
  user_name text NOT NULL,
  doing text NOT NULL CHECK (doing IN ('reading', 'typing')),
  since timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  -- Who took over from a window that was typing.
  taken_by text,
  PRIMARY KEY (document_id, window_id)
);
SELECT bondgate_protect('presence', 'SELECT, INSERT, UPDATE, DELETE');
