-- What goes to the agent in one request is written down before it goes: after an outcome that nobody
-- knows, or a crash, the very same messages go again under the same key. `batch` is the row of the
-- first of them; none where a message never went.

ALTER TABLE inbox ADD COLUMN batch INTEGER;

CREATE INDEX inbox_by_batch ON inbox (batch, row) WHERE state = 'waiting' AND batch IS NOT NULL;

-- What waited before may have gone, and alone.
UPDATE inbox SET batch = row WHERE state = 'waiting';
