-- A box has room for so many messages and so many bytes of them, and one peer for its share; what there
-- is of each is read for every message. And what waits for the relay does so until a bound, which
-- counts from when it began to: not while it was held.

CREATE INDEX inbox_room ON inbox (sender, content_bytes) WHERE state = 'waiting';
CREATE INDEX inbox_held ON inbox (content_bytes) WHERE state = 'held';
CREATE INDEX outbox_room ON outbox (recipient, content_bytes) WHERE state IN ('queued', 'held');

ALTER TABLE outbox ADD COLUMN queued_at INTEGER;

UPDATE outbox SET queued_at = created_at WHERE state = 'queued';
