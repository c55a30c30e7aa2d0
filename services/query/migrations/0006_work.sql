-- The stream also tells of what is no document: batches, print jobs, files of InBoxes. Then `kind` says which, `document_id` is
-- the id of that, `owner_id` whom alone it concerns, and an enterprise is known only where it concerns whoever reads its receipts.
ALTER TABLE changes
  ADD COLUMN work boolean NOT NULL DEFAULT false,
  ADD COLUMN owner_id text,
  ADD COLUMN done int,
  ADD COLUMN total int,
  ALTER COLUMN enterprise_id DROP NOT NULL;
