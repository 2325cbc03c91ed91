-- A process that is killed hears no answer. That a message is being handed over is on disk before it
-- goes out, so that the next process knows of which it cannot be known whether they arrived: at the
-- gateway, and at a relay whose receivers may run a repeat.

ALTER TABLE inbox ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
