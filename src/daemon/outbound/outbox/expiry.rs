//! What waits for the relay does so for seven days and no longer: a relay that is gone, or a receiver
//! whose mailbox stays full, does not fill the outbox for good.
//!
//! From then on a row is not sent; a while later, when no answer to the last attempt can come any more,
//! it is refused. It keeps its text, so that it can be sent again by hand.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::{Outbox, about, tell_refused};
use crate::daemon::story::{About, Entry};
use crate::db::DbError;
use crate::types::Timestamp;

/// How long a message waits: as long as one that came in is still delivered after.
const WAITS: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long the relay may take for its word on the last attempt; the link gives it less.
const LAST_WORD: Duration = Duration::from_secs(10 * 60);

/// How many rows are refused at once.
const BATCH: usize = 200;

const WHY: &str = "it waited for the relay for 7 days";

impl Outbox {
    /// Refuses what has waited for too long, and says how many messages that were.
    pub(in crate::daemon) async fn refuse_overdue(&self) -> Result<usize, DbError> {
        let mut count = 0;
        loop {
            let now = self.clock.now();
            let refused = self
                .db
                .write(move |connection| refuse_overdue(connection, now))
                .await?;
            let step = refused.len();
            self.events.tell_all(refused);
            count += step;
            if step < BATCH {
                return Ok(count);
            }
        }
    }
}

/// What began to wait then or before is not sent any more at `now`.
pub(super) fn too_old(now: Timestamp) -> Timestamp {
    now - WAITS
}

/// Refuses some of what has waited for too long, the oldest first, and gives the story of each.
pub(super) fn refuse_overdue(
    connection: &Connection,
    now: Timestamp,
) -> rusqlite::Result<Vec<Entry>> {
    let before = too_old(now) - LAST_WORD;
    let refused: Vec<About> = connection
        .prepare_cached(
            "UPDATE outbox SET state = 'refused', reason = ?2, settled_at = ?3,
                 next_attempt_at = NULL
             WHERE row IN (
                 SELECT row FROM outbox WHERE state = 'queued' AND queued_at <= ?1
                 ORDER BY row LIMIT ?4)
             RETURNING author, recipient, id, conversation",
        )?
        .query_map(
            params![before.as_millis(), WHY, now.as_millis(), BATCH],
            about,
        )?
        .collect::<rusqlite::Result<_>>()?;
    tell_refused(connection, &refused, now, WHY)
}
