-- The next jobs of a lane are found without sorting its backlog: the urgent ones here, the others by jobs_to_do.
CREATE INDEX jobs_urgent ON jobs (queue, lane, due_at, job_id) WHERE state = 'queued' AND urgent;
