//! The conversations of this agent: which is current with a peer, how many turns it has had, where
//! its answers go, and when it ended.
//!
//! A conversation is a peer and an id. Rows are written only inside the transaction of the message
//! that changes them.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::{keep_note, maybe_time, note, parsed, time};
use super::view::ConversationView;
use crate::types::{AgentId, ConversationId, Timestamp, TurnNumber};

/// The note that the state file's conversations were taken over; the database owns them since.
const IMPORTED: &str = "dialogues_imported";

/// How long a conversation may be silent before its episode is over, as the protocol says.
const EPISODE_IDLE: Duration = Duration::from_secs(30 * 60);

/// One conversation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialogue {
    pub(super) peer: AgentId,
    pub(super) conversation: ConversationId,
    pub(super) turns: u64,
    pub(super) episode_turns: u64,
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
            "INSERT INTO dialogue (peer, conversation, turns, episode_turns, last_at)
             VALUES (?1, ?2, 1, 1, ?3)
             ON CONFLICT (peer, conversation) DO UPDATE SET
                 turns = iif(ended_at IS NULL, turns + 1, 1),
                 episode_turns = iif(ended_at IS NULL AND excluded.last_at - last_at < ?4,
                                     episode_turns + 1, 1),
                 last_at = max(last_at, excluded.last_at), ended_at = NULL, ended_because = NULL",
        )?
        .execute(params![
            peer.as_str(),
            id.as_str(),
            at.as_millis(),
            EPISODE_IDLE.as_millis() as u64
        ])?;
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

/// Closes the conversation `id` that a relay says has ended: with `peer`, where the relay names one.
/// Version 1 names none; there it is closed only where one agent alone has a conversation of this
/// id. Where several have, it is not known whose ended, and the relay says so again, by the message
/// that it then refuses, when something is sent.
pub(super) fn end_as_told(
    connection: &Connection,
    id: &ConversationId,
    peer: Option<&AgentId>,
    at: Timestamp,
    because: &str,
) -> rusqlite::Result<bool> {
    if let Some(peer) = peer {
        return end(connection, peer, id, at, because);
    }
    match peers_of(connection, id)?.as_slice() {
        [only] => end(connection, &only.peer, id, at, because),
        [] | [_, _, ..] => Ok(false),
    }
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

/// Every peer with whom a conversation of this id is known.
pub(super) fn peers_of(
    connection: &Connection,
    id: &ConversationId,
) -> rusqlite::Result<Vec<Dialogue>> {
    connection
        .prepare_cached("SELECT * FROM dialogue WHERE conversation = ?1 ORDER BY last_at DESC")?
        .query_map([id.as_str()], read)?
        .collect()
}

/// The latest conversations, the newest first, with what is left at `now` of `max_turns`.
pub(super) fn list(
    connection: &Connection,
    limit: usize,
    max_turns: TurnNumber,
    now: Timestamp,
) -> rusqlite::Result<Vec<ConversationView>> {
    connection
        .prepare_cached("SELECT * FROM dialogue ORDER BY last_at DESC LIMIT ?1")?
        .query_map([limit], |row| Ok(view(read(row)?, max_turns, now)))?
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
            "INSERT INTO dialogue (peer, conversation, turns, episode_turns, last_at, reply_session)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5) ON CONFLICT (peer, conversation) DO NOTHING",
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
        episode_turns: row.get("episode_turns")?,
        last_at: time(row, "last_at")?,
        ended: maybe_time(row, "ended_at")?.map(|at| (at, because.unwrap_or_default())),
        reply_session: row.get("reply_session")?,
    })
}

impl Dialogue {
    /// How many more turns its episode has at `now`, of `max_turns`.
    fn turns_left(&self, max_turns: TurnNumber, now: Timestamp) -> u64 {
        if self.ended.is_some() {
            return 0;
        }
        match now.since(self.last_at) < EPISODE_IDLE {
            true => max_turns.get().saturating_sub(self.episode_turns),
            false => max_turns.get(),
        }
    }
}

fn view(dialogue: Dialogue, max_turns: TurnNumber, now: Timestamp) -> ConversationView {
    let turns_left = dialogue.turns_left(max_turns, now);
    let (ended_at, ended_because) = dialogue.ended.unzip();
    ConversationView {
        conversation_id: dialogue.conversation,
        peer: dialogue.peer,
        turns: dialogue.turns,
        turns_left,
        last_at: dialogue.last_at,
        ended_at,
        ended_because,
        reply_session: dialogue.reply_session,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::schema;
    use crate::db::Database;
    use crate::tasks::Tasks;

    const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    /// Which of the peers' conversations c-1 are open after the relay said that one ended.
    async fn open_after(peers: &'static [&str], told: Option<&str>) -> Vec<String> {
        let home = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let path = home.path().join("daemon.db");
        let db = Database::open(&path, schema::MIGRATIONS, &tasks).unwrap();
        let told = told.map(|peer| AgentId::new(peer).unwrap());
        let id = ConversationId::new("c-1").unwrap();
        let left = db.write(move |connection| {
            for peer in peers {
                let peer = AgentId::new(peer).unwrap();
                count_turn(connection, &peer, &id, NOW)?;
            }
            end_as_told(connection, &id, told.as_ref(), NOW, "the relay said so")?;
            let mut left = peers_of(connection, &id)?;
            left.retain(|dialogue| dialogue.ended.is_none());
            left.sort_by(|one, other| one.peer.cmp(&other.peer));
            Ok(left.iter().map(|one| one.peer.to_string()).collect())
        });
        let left = left.await.unwrap();
        tasks.cancel();
        left
    }

    /// What is left of five turns after texts at these minutes, and where it `ended`, at a minute.
    async fn left_after(texts: &'static [u64], ended: bool, looked_at: u64) -> u64 {
        let home = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let path = home.path().join("daemon.db");
        let db = Database::open(&path, schema::MIGRATIONS, &tasks).unwrap();
        let at = |minute: u64| NOW + Duration::from_secs(minute * 60);
        let left = db.write(move |connection| {
            let peer = AgentId::new("1").unwrap();
            let id = ConversationId::new("c-1").unwrap();
            for minute in texts {
                count_turn(connection, &peer, &id, at(*minute))?;
            }
            if ended {
                end(connection, &peer, &id, at(looked_at), "this agent ended it")?;
            }
            let five = TurnNumber::new(5).unwrap();
            Ok(list(connection, 1, five, at(looked_at))?[0].turns_left)
        });
        let left = left.await.unwrap();
        tasks.cancel();
        left
    }

    #[tokio::test]
    async fn what_is_left_of_the_turns_is_that_of_the_episode() {
        for (texts, ended, looked_at, left) in [
            (&[0][..], false, 0, 4),
            (&[0, 1, 2, 3, 4], false, 4, 0),
            (&[0, 1, 2, 3, 4, 5], false, 5, 0),
            (&[0, 1, 2, 3, 4], false, 34, 5),
            (&[0, 1, 40], false, 41, 4),
            (&[0, 29, 58], false, 60, 2),
            (&[0, 1], true, 2, 0),
        ] {
            let seen = left_after(texts, ended, looked_at).await;
            assert_eq!(seen, left, "{texts:?} {ended} {looked_at}");
        }
    }

    #[tokio::test]
    async fn an_end_that_a_relay_tells_of_closes_one_agents_conversation_at_most() {
        for (peers, told, left) in [
            (&["1", "2"][..], Some("1"), vec!["2"]),
            (&["1", "2"], Some("3"), vec!["1", "2"]),
            (&["1"], Some("1"), vec![]),
            (&["1"], None, vec![]),
            (&["1", "2"], None, vec!["1", "2"]),
            (&["1"], Some("2"), vec!["1"]),
        ] {
            assert_eq!(open_after(peers, told).await, left, "{peers:?} {told:?}");
        }
    }
}
