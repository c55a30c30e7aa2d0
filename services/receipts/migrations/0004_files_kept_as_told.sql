-- An answer is noted before the row of its file, both in one transaction.
ALTER TABLE answers ALTER CONSTRAINT answers_raw_id_fkey DEFERRABLE INITIALLY DEFERRED;
