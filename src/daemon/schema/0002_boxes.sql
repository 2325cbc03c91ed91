-- The rooms in which messages stay: what came, what goes, and what is known of those who talk.
-- Times are Unix milliseconds. `row` orders a box: a message never overtakes an earlier one.

CREATE TABLE inbox (
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
                        ('waiting', 'delivered', 'held', 'refused', 'dead', 'noted')),
    -- a sentence for a person on the state; the hold itself where it is held, as JSON
    reason          TEXT,
    hold            TEXT,
    annotations     TEXT NOT NULL,
    verdicts        TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    may_repeat      INTEGER NOT NULL DEFAULT 0,
    run_id          TEXT,
    UNIQUE (sender, id)
) STRICT;

CREATE INDEX inbox_by_state ON inbox (state, row);

-- The oldest of each conversation that waits for the agent is asked for at every delivery.
CREATE INDEX inbox_for_agent ON inbox (sender, conversation, row)
    WHERE state = 'waiting' AND kind = 'text';

-- (author, id) of every message taken, with the digest of its content and what was answered. It
-- outlives the message's row: a repeat must be known for as long as one can come.
CREATE TABLE taken (
    sender   TEXT NOT NULL,
    id       TEXT NOT NULL,
    digest   BLOB NOT NULL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (sender, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX taken_by_time ON taken (taken_at);

CREATE TABLE outbox (
    row             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    recipient       TEXT NOT NULL,
    kind            TEXT NOT NULL,
    conversation    TEXT NOT NULL,
    turn            INTEGER,
    max_turns       INTEGER,
    -- as it was drafted, and as the policies left it (none where they did not admit it)
    content         TEXT NOT NULL,
    admitted        TEXT,
    created_at      INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN
                        ('queued', 'sent', 'at_relay', 'held', 'refused', 'dead')),
    reason          TEXT,
    hold            TEXT,
    annotations     TEXT NOT NULL,
    verdicts        TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    -- what the relay said last that was no final word: an error's code, or `silence`
    last_word       TEXT,
    may_repeat      INTEGER NOT NULL DEFAULT 0,
    -- the caller's name for the request, and the digest of what it asked under that name
    idempotency_key TEXT UNIQUE,
    request_digest  BLOB
) STRICT;

CREATE INDEX outbox_by_state ON outbox (state, row);

CREATE TABLE dialogue (
    peer          TEXT NOT NULL,
    conversation  TEXT NOT NULL,
    turns         INTEGER NOT NULL DEFAULT 0,
    last_at       INTEGER NOT NULL,
    ended_at      INTEGER,
    ended_because TEXT,
    reply_session TEXT,
    PRIMARY KEY (peer, conversation)
) STRICT, WITHOUT ROWID;

CREATE INDEX dialogue_by_time ON dialogue (peer, last_at);

CREATE TABLE trust (
    agent      TEXT PRIMARY KEY,
    level      TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened to each message, in order, for whoever asks later.
CREATE TABLE story (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    direction TEXT NOT NULL,
    author    TEXT NOT NULL,
    id        TEXT NOT NULL,
    at        INTEGER NOT NULL,
    what      TEXT NOT NULL,
    detail    TEXT
) STRICT;

CREATE INDEX story_by_message ON story (author, id);

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
