-- What people wait for where they stand goes first in its lane.
ALTER TABLE jobs ADD COLUMN urgent boolean NOT NULL DEFAULT false;
