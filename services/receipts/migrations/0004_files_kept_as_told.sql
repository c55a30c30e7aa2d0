-- An answer is noted before the row of its file, both in one transaction.
ALTER TABLE answers DROP CONSTRAINT answers_raw_id_fkey;
ALTER TABLE answers ADD CONSTRAINT answers_raw_id_fkey FOREIGN KEY (raw_id) REFERENCES raw_files DEFERRABLE INITIALLY DEFERRED;
