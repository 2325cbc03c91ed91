//! The rows that go: found by their state and their end, deleted with all that is told of them.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Ended, REFUSED_IDENTITIES_AT_MOST, Stage};
use crate::daemon::inbound::inbox;
use crate::daemon::outbound::outbox;
use crate::daemon::rows::{RowId, time};
use crate::types::{Direction, Timestamp};

/// Has what is deleted overwritten, so that no text stays in the file's free room.
pub(super) fn overwrite_deleted(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))
}

/// How many identities or conversations one round lets go at the most.
const ROUND: usize = 20_000;

/// The messages of one box in one state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shelf {
    pub(super) stage: Stage,
    direction: Direction,
    state: &'static str,
}

/// Every state of both boxes.
pub(super) fn shelves() -> impl Iterator<Item = Shelf> {
    let inbox = inbox::RowState::ALL.map(|state| Shelf {
        stage: state.stage(),
        direction: Direction::Inbound,
        state: state.as_str(),
    });
    let outbox = outbox::RowState::ALL.map(|state| Shelf {
        stage: state.stage(),
        direction: Direction::Outbound,
        state: state.as_str(),
    });
    inbox.into_iter().chain(outbox)
}

impl Shelf {
    /// The oldest of the newest `number`, where there are so many.
    pub(super) fn nth_newest(
        self,
        connection: &Connection,
        number: u64,
    ) -> rusqlite::Result<Option<Ended>> {
        let (table, _) = self.table();
        connection
            .prepare_cached(&format!(
                "SELECT settled_at, row FROM {table}
                 WHERE state = ?1 AND settled_at IS NOT NULL
                 ORDER BY settled_at DESC, row DESC LIMIT 1 OFFSET ?2"
            ))?
            .query_row(params![self.state, number.saturating_sub(1)], |row| {
                Ok(Ended {
                    at: time(row, "settled_at")?,
                    row: RowId(row.get("row")?),
                })
            })
            .optional()
    }

    /// Deletes up to `limit` that ended before `edge`, the oldest first, with their stories.
    pub(super) fn delete_before(
        self,
        connection: &Connection,
        edge: Ended,
        limit: usize,
    ) -> rusqlite::Result<usize> {
        let (table, author) = self.table();
        let gone = connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE row IN (
                     SELECT row FROM {table} WHERE state = ?1 AND settled_at IS NOT NULL
                         AND (settled_at, row) < (?2, ?3)
                     ORDER BY settled_at, row LIMIT ?4)
                 RETURNING {author}, id"
            ))?
            .query_map(
                params![self.state, edge.at.as_millis(), edge.row.0, limit],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?
            .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
        let mut story = connection
            .prepare_cached("DELETE FROM story WHERE author = ?1 AND id = ?2 AND direction = ?3")?;
        for (author, id) in &gone {
            story.execute(params![author, id, self.direction.as_str()])?;
        }
        Ok(gone.len())
    }

    /// Its box, and the column there that names the author.
    fn table(self) -> (&'static str, &'static str) {
        match self.direction {
            Direction::Inbound => ("inbox", "sender"),
            Direction::Outbound => ("outbox", "author"),
        }
    }
}

/// Whose message, and what it is called; or a peer, and a conversation.
pub(super) type Name = (String, String);

/// Identities that no repeat can have any more, and those of refused messages beyond their number.
/// One whose row is still there stays: the row would refuse another under its id.
pub(super) fn old_identities(
    connection: &Connection,
    before: Timestamp,
) -> rusqlite::Result<Vec<Name>> {
    let refused_before: Option<u64> = connection
        .prepare_cached(
            "SELECT taken_at FROM taken WHERE outcome = 'refused'
             ORDER BY taken_at DESC LIMIT 1 OFFSET ?1",
        )?
        .query_row([REFUSED_IDENTITIES_AT_MOST - 1], |row| row.get(0))
        .optional()?;
    connection
        .prepare_cached(
            "SELECT sender, id FROM taken
             WHERE (taken_at < ?1 OR outcome = 'refused' AND taken_at < ?2) AND NOT EXISTS (
                 SELECT 1 FROM inbox WHERE inbox.sender = taken.sender AND inbox.id = taken.id)
             LIMIT ?3",
        )?
        .query_map(
            params![
                before.as_millis(),
                refused_before.unwrap_or_default(),
                ROUND
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect()
}

/// Deletes identities, but for those that have a row by now.
pub(super) fn delete_identities(
    connection: &Connection,
    names: &[Name],
) -> rusqlite::Result<usize> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM taken WHERE sender = ?1 AND id = ?2 AND NOT EXISTS (
             SELECT 1 FROM inbox WHERE inbox.sender = taken.sender AND inbox.id = taken.id)",
    )?;
    let mut gone = 0;
    for (sender, id) in names {
        gone += delete.execute([sender, id])?;
    }
    Ok(gone)
}

/// Conversations in which nothing happened since `before`, nothing waits, and of whose peer the
/// owner said nothing.
pub(super) fn silent_dialogues(
    connection: &Connection,
    before: Timestamp,
) -> rusqlite::Result<Vec<Name>> {
    connection
        .prepare_cached(
            "SELECT peer, conversation FROM dialogue
             WHERE last_at < ?1 AND coalesce(ended_at, 0) < ?1
                 AND NOT EXISTS (
                     SELECT 1 FROM trust WHERE agent = peer AND level <> 'unknown')
                 AND NOT EXISTS (
                     SELECT 1 FROM inbox WHERE state IN ('waiting', 'held')
                         AND sender = peer AND inbox.conversation = dialogue.conversation)
                 AND NOT EXISTS (
                     SELECT 1 FROM outbox WHERE state IN ('queued', 'held')
                         AND recipient = peer AND outbox.conversation = dialogue.conversation)
             LIMIT ?2",
        )?
        .query_map(params![before.as_millis(), ROUND], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect()
}

/// Deletes conversations, but for those in which something was said since they were looked at.
pub(super) fn delete_dialogues(
    connection: &Connection,
    names: &[Name],
    before: Timestamp,
) -> rusqlite::Result<usize> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM dialogue WHERE peer = ?1 AND conversation = ?2 AND last_at < ?3",
    )?;
    let mut gone = 0;
    for (peer, conversation) in names {
        gone += delete.execute(params![peer, conversation, before.as_millis()])?;
    }
    Ok(gone)
}
