-- Which generation of each view is complete. One consumer keeps all views; an emptied one is read again beside it.
ALTER TABLE views ADD COLUMN built int NOT NULL DEFAULT 1;
UPDATE views SET built = generation;
