//! Which messages the gateway may be asked to take at this moment: on disk before the request goes
//! out, so that a process that was killed leaves behind which of them may have been run.
//!
//! Where few wait it is written with the message's row, so that one commit stands between the relay
//! and the gateway; else with the batch. What becomes of a message ends it (`settle`); an answer
//! that settles nothing ends it here.

use rusqlite::{Connection, params};

use super::{Inbox, about};
use crate::daemon::inbound::Verified;
use crate::daemon::load::{self, Counted};
use crate::daemon::rows::RowId;
use crate::daemon::story::{self, About, Entry};
use crate::db::DbError;
use crate::types::Timestamp;

const UNHEARD: &str = "the daemon ended before it was known whether the gateway has it";

/// Where fewer wait, the next goes as soon as it is on disk: as many as go at once by default.
const AT_ONCE: u64 = 8;

impl Inbox {
    /// Notes that the gateway was asked and did not take the batch known by `batch`, which waits on.
    pub(in crate::daemon) async fn not_taken(&self, batch: RowId) -> Result<(), DbError> {
        self.db
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "UPDATE inbox SET asked = 0 WHERE batch = ?1 AND state = 'waiting'",
                    )?
                    .execute([batch.0])
                    .map(drop)
            })
            .await
    }

    /// Notes that the gateway is asked nothing any more: what was settled is, and of what waits it
    /// was asked to take none.
    pub(in crate::daemon) async fn asked_nothing(&self) -> Result<(), DbError> {
        self.db
            .write(|connection| {
                connection
                    .prepare_cached("UPDATE inbox SET asked = 0 WHERE state = 'waiting' AND asked")?
                    .execute([])
                    .map(drop)
            })
            .await
    }
}

/// Notes that the gateway is about to be asked to take the batch known by `batch`, where that is not
/// noted yet.
pub(super) fn ask(connection: &Connection, batch: RowId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE inbox SET asked = 1 WHERE batch = ?1 AND state = 'waiting' AND NOT asked",
        )?
        .execute([batch.0])
        .map(drop)
}

/// Whether a message that is to be written now goes alone and as soon as it is on disk.
pub(in crate::daemon) fn goes_at_once(
    connection: &Connection,
    verified: &Verified,
) -> rusqlite::Result<bool> {
    let (from, conversation) = (&verified.message().from, verified.conversation());
    let is_behind: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM inbox WHERE state = 'waiting' AND kind = 'text'
                 AND sender = ?1 AND conversation = ?2)",
        )?
        .query_row(params![from.as_str(), conversation.as_str()], |row| {
            row.get(0)
        })?;
    Ok(!is_behind && load::all(connection, Counted::Waiting)?.messages < AT_ONCE)
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
