//! Which messages the gateway may be asked to take at this moment: on disk before the request goes
//! out, so that a process that was killed leaves behind which of them may have been run.
//!
//! Where few wait it is written with the message's row, so that one commit stands between the relay
//! and the gateway; else before the request. What becomes of a message ends it (`settle`); an answer
//! that settles nothing ends it here.

use rusqlite::{Connection, params};

use super::{Admitted, Inbox, about, waiting};
use crate::daemon::rows::RowId;
use crate::daemon::story::{self, About, Entry};
use crate::db::DbError;
use crate::types::Timestamp;

const UNHEARD: &str = "the daemon ended before it was known whether the gateway has it";

/// Where fewer wait, the next goes as soon as it is on disk: as many as go at once by default.
const AT_ONCE: u64 = 8;

impl Inbox {
    /// Notes that the gateway is about to be asked to take `message`, where its row does not say so
    /// yet. False where it no longer waits: it is not to be handed over.
    pub(in crate::daemon) async fn ask(&self, message: &Admitted) -> Result<bool, DbError> {
        let row = message.row;
        if message.asked {
            return Ok(true);
        }
        self.db
            .write(move |connection| note(connection, row, true))
            .await
    }

    /// Notes that the gateway was asked and did not take `row`, which waits on.
    pub(in crate::daemon) async fn not_taken(&self, row: RowId) -> Result<(), DbError> {
        self.db
            .write(move |connection| note(connection, row, false).map(drop))
            .await
    }
}

/// Whether a message that is to be written now goes as soon as it is on disk.
pub(in crate::daemon) fn goes_at_once(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(waiting(connection)? < AT_ONCE)
}

/// Marks what an earlier process asked the gateway to take and heard nothing of: it may have been
/// run, and that attempt counts. Gives the story of each.
pub(in crate::daemon) fn mark_unheard(
    connection: &Connection,
    now: Timestamp,
) -> rusqlite::Result<Vec<Entry>> {
    let unheard: Vec<About> = connection
        .prepare_cached(
            "UPDATE inbox SET asked = 0, may_repeat = 1, attempts = attempts + 1, reason = ?1
             WHERE state = 'waiting' AND asked RETURNING sender, id, conversation",
        )?
        .query_map([UNHEARD], about)?
        .collect::<rusqlite::Result<_>>()?;
    let why = || Some(UNHEARD.to_owned());
    unheard
        .iter()
        .map(|about| story::write(connection, about, now, "retry", why()))
        .collect()
}

fn note(connection: &Connection, row: RowId, asked: bool) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached("UPDATE inbox SET asked = ?2 WHERE row = ?1 AND state = 'waiting'")?
        .execute(params![row.0, asked])?;
    Ok(changed == 1)
}
