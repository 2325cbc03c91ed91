//! The conversations of this agent: which is current with a peer, how many turns it has had, where
//! its answers go, and when it ended.
//!
//! A conversation is a peer and an id. Rows are written only inside the transaction of the message
//! that changes them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::{keep_note, maybe_time, note, parsed, time};
use super::view::ConversationView;
use crate::types::{AgentId, ConversationId, Timestamp};

/// The note that the state file's conversations were taken over; the database owns them since.
const IMPORTED: &str = "dialogues_imported";

/// One conversation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialogue {
    pub(super) peer: AgentId,
    pub(super) conversation: ConversationId,
    pub(super) turns: u64,
    pub(super) last_at: Timestamp,
    pub(super) ended: Option<(Timestamp, String)>,
    pub(super) reply_session: Option<String>,
}

/// A conversation that the TypeScript plugin left in its state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inherited {
    pub(super) conversation: ConversationId,
    pub(super) reply_session: Option<String>,
    pub(super) turns: u64,
}

/// The conversation `id` with `peer`.
pub(super) fn find(
    connection: &Connection,
    peer: &AgentId,
    id: &ConversationId,
) -> rusqlite::Result<Option<Dialogue>> {
    connection
        .prepare_cached("SELECT * FROM dialogue WHERE peer = ?1 AND conversation = ?2")?
        .query_row([peer.as_str(), id.as_str()], read)
        .optional()
}

/// The conversation in which a message to `peer` goes that names none: the latest, unless it ended.
/// Of two that were last used in the same millisecond, the open one is the later.
pub(super) fn current(
    connection: &Connection,
    peer: &AgentId,
) -> rusqlite::Result<Option<Dialogue>> {
    let latest = connection
        .prepare_cached(
            "SELECT * FROM dialogue WHERE peer = ?1
             ORDER BY last_at DESC, ended_at IS NULL DESC LIMIT 1",
        )?
        .query_row([peer.as_str()], read)
        .optional()?;
    Ok(latest.filter(|dialogue| dialogue.ended.is_none()))
}

/// Opens a conversation in which nothing was said yet, if it is new.
pub(super) fn open(
    connection: &Connection,
    peer: &AgentId,
    id: &ConversationId,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO dialogue (peer, conversation, turns, last_at) VALUES (?1, ?2, 0, ?3)
             ON CONFLICT (peer, conversation) DO NOTHING",
        )?
        .execute(params![peer.as_str(), id.as_str(), at.as_millis()])?;
    Ok(())
}

/// Counts a turn, which also opens a conversation that is new or had ended.
pub(super) fn count_turn(
    connection: &Connection,
    peer: &AgentId,
    id: &ConversationId,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO dialogue (peer, conversation, turns, last_at) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT (peer, conversation) DO UPDATE SET
                 turns = CASE WHEN ended_at IS NULL THEN turns + 1 ELSE 1 END,
                 last_at = max(last_at, excluded.last_at), ended_at = NULL, ended_because = NULL",
        )?
        .execute(params![peer.as_str(), id.as_str(), at.as_millis()])?;
    Ok(())
}

/// Sets where the conversation's answers go.
pub(super) fn set_reply_session(
    connection: &Connection,
    peer: &AgentId,
    id: &ConversationId,
    session: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE dialogue SET reply_session = ?3 WHERE peer = ?1 AND conversation = ?2",
        )?
        .execute([peer.as_str(), id.as_str(), session])?;
    Ok(())
}

/// Closes the conversation, if it is known and open.
pub(super) fn end(
    connection: &Connection,
    peer: &AgentId,
    id: &ConversationId,
    at: Timestamp,
    because: &str,
) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE dialogue SET ended_at = ?3, ended_because = ?4
             WHERE peer = ?1 AND conversation = ?2 AND ended_at IS NULL",
        )?
        .execute(params![peer.as_str(), id.as_str(), at.as_millis(), because])?;
    Ok(changed > 0)
}

/// Closes the conversation for a reason of our own, which stands over one that was just given.
pub(super) fn close(
    connection: &Connection,
    peer: &AgentId,
    id: &ConversationId,
    at: Timestamp,
    because: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE dialogue SET ended_at = coalesce(ended_at, ?3), ended_because = ?4
             WHERE peer = ?1 AND conversation = ?2",
        )?
        .execute(params![peer.as_str(), id.as_str(), at.as_millis(), because])?;
    Ok(())
}

/// Every peer with whom a conversation of this id is known; the relay names no peer.
pub(super) fn peers_of(
    connection: &Connection,
    id: &ConversationId,
) -> rusqlite::Result<Vec<Dialogue>> {
    connection
        .prepare_cached("SELECT * FROM dialogue WHERE conversation = ?1 ORDER BY last_at DESC")?
        .query_map([id.as_str()], read)?
        .collect()
}

/// The latest conversations, the newest first.
pub(super) fn list(
    connection: &Connection,
    limit: usize,
) -> rusqlite::Result<Vec<ConversationView>> {
    connection
        .prepare_cached("SELECT * FROM dialogue ORDER BY last_at DESC LIMIT ?1")?
        .query_map([limit], |row| Ok(view(read(row)?)))?
        .collect()
}

/// Takes over what the state file holds, once in the life of the database.
pub(super) fn import(
    connection: &Connection,
    inherited: &BTreeMap<AgentId, Inherited>,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    if note::<String>(connection, IMPORTED)?.is_some() {
        return Ok(0);
    }
    for (peer, one) in inherited {
        connection.execute(
            "INSERT INTO dialogue (peer, conversation, turns, last_at, reply_session)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (peer, conversation) DO NOTHING",
            params![
                peer.as_str(),
                one.conversation.as_str(),
                one.turns,
                now.as_millis(),
                one.reply_session,
            ],
        )?;
    }
    keep_note(connection, IMPORTED, "1")?;
    Ok(inherited.len())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Dialogue> {
    let because: Option<String> = row.get("ended_because")?;
    Ok(Dialogue {
        peer: parsed(row, "peer")?,
        conversation: parsed(row, "conversation")?,
        turns: row.get("turns")?,
        last_at: time(row, "last_at")?,
        ended: maybe_time(row, "ended_at")?.map(|at| (at, because.unwrap_or_default())),
        reply_session: row.get("reply_session")?,
    })
}

fn view(dialogue: Dialogue) -> ConversationView {
    let (ended_at, ended_because) = dialogue.ended.unzip();
    ConversationView {
        conversation_id: dialogue.conversation,
        peer: dialogue.peer,
        turns: dialogue.turns,
        last_at: dialogue.last_at,
        ended_at,
        ended_because,
        reply_session: dialogue.reply_session,
    }
}
