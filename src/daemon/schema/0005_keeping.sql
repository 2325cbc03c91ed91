-- Nothing is kept for ever: how long counts from `settled_at`, when a message came to its end, and
-- none is kept for what has not. What is refused has its size in place of its text.

ALTER TABLE inbox ADD COLUMN settled_at INTEGER;
ALTER TABLE inbox ADD COLUMN content_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN settled_at INTEGER;
ALTER TABLE outbox ADD COLUMN content_bytes INTEGER NOT NULL DEFAULT 0;

UPDATE inbox SET content_bytes = octet_length(content);
UPDATE inbox SET settled_at = stored_at WHERE state NOT IN ('waiting', 'held');
UPDATE inbox SET content = '', admitted = NULL, annotations = '[]' WHERE state = 'refused';

-- One that was never sent was refused here.
UPDATE outbox SET content_bytes = octet_length(content);
UPDATE outbox SET settled_at = created_at WHERE state NOT IN ('queued', 'held');
UPDATE outbox SET content = '', admitted = NULL, annotations = '[]'
    WHERE state = 'refused' AND attempts = 0;

CREATE INDEX inbox_by_end ON inbox (state, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX outbox_by_end ON outbox (state, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX taken_refused ON taken (taken_at) WHERE outcome = 'refused';
CREATE INDEX dialogue_by_age ON dialogue (last_at);
