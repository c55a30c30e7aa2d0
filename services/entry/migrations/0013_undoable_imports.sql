-- What a draft said before the last workbook was read into it, so that the one who did it can take it back. A row a
-- document; it counts while the document has the version the import made.
CREATE TABLE undoable_imports (
  document_id uuid PRIMARY KEY REFERENCES documents,
  tenant_id uuid NOT NULL,
  version int NOT NULL,
  imported_by jsonb NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now(),
  catalogue_version int NOT NULL,
  content bytea NOT NULL
);
ALTER TABLE undoable_imports ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT bondgate_protect('undoable_imports', 'SELECT, INSERT, UPDATE, DELETE');
