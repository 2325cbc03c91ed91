//! The numbered steps of the relay's schema; steps are only ever added.

use crate::db::Migration;

/// Every step, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    "-- Agents and their lists, nonces of connections, mailboxes, conversations and their history.
    CREATE TABLE agent (
        id TEXT PRIMARY KEY,
        secret TEXT NOT NULL,
        name TEXT NOT NULL,
        version TEXT NOT NULL,
        capabilities TEXT NOT NULL,     -- a JSON list of strings
        description TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        allowlist_enabled INTEGER NOT NULL DEFAULT 0,
        last_features TEXT,             -- names with commas; null until the first connection
        revision INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE listed (
        agent_id TEXT NOT NULL REFERENCES agent (id),
        list TEXT NOT NULL,             -- 'blocked' or 'allowed'
        peer_id TEXT NOT NULL,          -- need not be registered
        reason TEXT,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (agent_id, list, peer_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE nonce (
        agent_id TEXT NOT NULL,
        nonce TEXT NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (agent_id, nonce)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX nonce_until ON nonce (until);

    CREATE TABLE mail (
        row INTEGER PRIMARY KEY,
        to_id TEXT NOT NULL,
        from_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        conversation_id TEXT,
        turn INTEGER,
        max_turns INTEGER,
        received_at INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        ends TEXT,
        may_repeat INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX mail_name ON mail (to_id, from_id, message_id);
    CREATE INDEX mail_order ON mail (to_id, sequence, from_id, message_id);

    CREATE TABLE conversation (
        low_id TEXT NOT NULL,
        high_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        turns INTEGER NOT NULL,
        turn_limit INTEGER,
        last_at INTEGER NOT NULL,
        closed_by TEXT,                 -- 'low' or 'high'
        PRIMARY KEY (conversation_id, low_id, high_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX conversation_last ON conversation (last_at);

    CREATE TABLE history (
        row INTEGER PRIMARY KEY,
        low_id TEXT NOT NULL,
        high_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        from_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        turn INTEGER,
        at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX history_of ON history (conversation_id, low_id, high_id, row);
    CREATE INDEX history_at ON history (at);",
    // A mailbox has room for so many bytes too, and how many it holds is asked for all mail.
    "CREATE INDEX mail_room ON mail (to_id, from_id, octet_length(content));",
];
