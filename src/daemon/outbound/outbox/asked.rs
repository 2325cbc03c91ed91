//! Which messages are given to a version 1 relay at this moment: on disk before they are written, so
//! that a process that was killed leaves behind which of them may have arrived.
//!
//! Only there: a receiver that acknowledges knows a repeat, so towards a relay with extensions the
//! outcome can always be asked for again. What the relay says ends it (`settle`).

use rusqlite::Connection;

use super::{Admitted, Outbox, about};
use crate::daemon::story::{self, About, Entry};
use crate::db::DbError;
use crate::types::Timestamp;

const UNHEARD: &str = "the daemon ended before the relay answered";

impl Outbox {
    /// Notes that `messages` are about to be written to the relay.
    pub(in crate::daemon) async fn ask(&self, messages: &[Admitted]) -> Result<(), DbError> {
        let rows: Vec<i64> = messages.iter().map(|message| message.row.0).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let note = move |connection: &Connection| {
            let mut note =
                connection.prepare_cached("UPDATE outbox SET asked = 1 WHERE row = ?1")?;
            rows.iter()
                .try_for_each(|row| note.execute([row]).map(drop))
        };
        self.db.write(note).await
    }
}

/// Marks what an earlier process gave to a relay and heard nothing of: it may have arrived, and that
/// attempt counts. Gives the story of each.
pub(in crate::daemon) fn mark_unheard(
    connection: &Connection,
    now: Timestamp,
) -> rusqlite::Result<Vec<Entry>> {
    let unheard: Vec<About> = connection
        .prepare_cached(
            "UPDATE outbox SET asked = 0, may_repeat = 1, attempts = attempts + 1, reason = ?1
             WHERE state = 'queued' AND asked RETURNING author, recipient, id, conversation",
        )?
        .query_map([UNHEARD], about)?
        .collect::<rusqlite::Result<_>>()?;
    let why = || Some(UNHEARD.to_owned());
    unheard
        .iter()
        .map(|about| story::write(connection, about, now, "retry", why()))
        .collect()
}
