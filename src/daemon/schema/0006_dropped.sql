-- A dead letter that a person lets go has a state that says so. What states there are stands in the
-- table itself, so the rows move to another one. Numbers that were given are never given again:
-- `GET /inbox?after=` goes by them.

-- The texts that are left behind are overwritten, as all that is deleted.
PRAGMA secure_delete = ON;

CREATE TABLE inbox_next (
    row             INTEGER PRIMARY KEY AUTOINCREMENT,
    sender          TEXT NOT NULL,
    id              TEXT NOT NULL,
    kind            TEXT NOT NULL,
    conversation    TEXT NOT NULL,
    turn            INTEGER,
    -- as it came, and as the policies left it (none where they did not admit it)
    content         TEXT NOT NULL,
    admitted        TEXT,
    trust           TEXT NOT NULL,
    received_at     INTEGER NOT NULL,
    stored_at       INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN
                        ('waiting', 'delivered', 'held', 'refused', 'dead', 'dropped', 'noted')),
    -- a sentence for a person on the state; the hold itself where it is held, as JSON
    reason          TEXT,
    hold            TEXT,
    annotations     TEXT NOT NULL,
    verdicts        TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    may_repeat      INTEGER NOT NULL DEFAULT 0,
    run_id          TEXT,
    settled_at      INTEGER,
    content_bytes   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (sender, id)
) STRICT;

INSERT INTO inbox_next (row, sender, id, kind, conversation, turn, content, admitted, trust,
        received_at, stored_at, state, reason, hold, annotations, verdicts, attempts,
        next_attempt_at, may_repeat, run_id, settled_at, content_bytes)
    SELECT row, sender, id, kind, conversation, turn, content, admitted, trust,
        received_at, stored_at, state, reason, hold, annotations, verdicts, attempts,
        next_attempt_at, may_repeat, run_id, settled_at, content_bytes
    FROM inbox ORDER BY row;

DELETE FROM sqlite_sequence WHERE name = 'inbox_next';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'inbox_next', seq FROM sqlite_sequence WHERE name = 'inbox';

DROP TABLE inbox;
ALTER TABLE inbox_next RENAME TO inbox;

CREATE INDEX inbox_by_state ON inbox (state, row);

-- The oldest of each conversation that waits for the agent is asked for at every delivery.
CREATE INDEX inbox_for_agent ON inbox (sender, conversation, row)
    WHERE state = 'waiting' AND kind = 'text';

CREATE INDEX inbox_held_until ON inbox (json_extract(hold, '$.until')) WHERE state = 'held';
CREATE INDEX inbox_by_end ON inbox (state, settled_at) WHERE settled_at IS NOT NULL;
