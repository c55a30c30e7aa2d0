-- What was mended in a file before it could be read, as Chinese sentences.
ALTER TABLE raw_files ADD COLUMN notes text[] NOT NULL DEFAULT '{}';
