-- Who drafted a message is written down: after a new registration this agent is another one, and what
-- the former one drafted must not go out under the new name. Older rows get theirs at the next start.

ALTER TABLE outbox ADD COLUMN author TEXT NOT NULL DEFAULT '';

CREATE INDEX outbox_without_author ON outbox (row) WHERE author = '';
