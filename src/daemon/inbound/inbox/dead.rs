//! Dead letters of the inbox: shown to a person, and put where that person wants them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::held::{Original, original};
use super::{RowState, about};
use crate::daemon::rows::{EMPTIED, RowId, from_json, parsed, shown_content, time};
use crate::daemon::story::About;
use crate::daemon::view::DeadMessage;
use crate::types::Timestamp;

/// A message that was given up.
#[derive(Debug)]
pub(in crate::daemon) enum DeadLetter {
    /// The policies had admitted it; the gateway never took it.
    Admitted(About),
    /// It came too late for the policies to be asked.
    Unjudged(Original),
}

impl DeadLetter {
    pub(in crate::daemon) fn about(&self) -> &About {
        match self {
            DeadLetter::Admitted(about) => about,
            DeadLetter::Unjudged(original) => &original.about,
        }
    }
}

/// The newest `limit` dead letters, the oldest of them first.
pub(in crate::daemon) fn list(
    connection: &Connection,
    limit: usize,
) -> rusqlite::Result<Vec<DeadMessage>> {
    connection
        .prepare_cached(
            "SELECT * FROM (
                 SELECT * FROM inbox WHERE state = 'dead' AND settled_at IS NOT NULL
                 ORDER BY settled_at DESC, row DESC LIMIT ?1)
             ORDER BY settled_at, row",
        )?
        .query_map([limit], view)?
        .collect()
}

/// The message at `row`, if it was given up.
pub(in crate::daemon) fn load(
    connection: &Connection,
    row: RowId,
) -> rusqlite::Result<Option<DeadLetter>> {
    connection
        .prepare_cached("SELECT * FROM inbox WHERE row = ?1 AND state = 'dead'")?
        .query_row([row.0], |dead| {
            let admitted: Option<String> = dead.get("admitted")?;
            match admitted {
                Some(_) => about(dead).map(DeadLetter::Admitted),
                None => original(dead).map(DeadLetter::Unjudged),
            }
        })
        .optional()
}

/// Has the admitted message at `row` wait again, as if it had come at `now`, and go alone, so under
/// the key of its own name. That it may have reached the agent is never forgotten.
pub(in crate::daemon) fn revive(
    connection: &Connection,
    row: RowId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE inbox SET state = 'waiting', reason = NULL, attempts = 0,
                 next_attempt_at = NULL, stored_at = ?2, settled_at = NULL, batch = row,
                 asked = 0
             WHERE row = ?1 AND state = 'dead' AND admitted IS NOT NULL",
        )?
        .execute(params![row.0, now.as_millis()])?;
    Ok(())
}

/// Lets the dead letter at `row` go: what stays is that it came, and that a person dropped it.
pub(in crate::daemon) fn let_go(
    connection: &Connection,
    row: RowId,
    now: Timestamp,
    why: &str,
) -> rusqlite::Result<About> {
    let state = RowState::Dropped;
    connection
        .prepare_cached(&format!(
            "UPDATE inbox SET state = ?2, reason = ?3, settled_at = ?4, {EMPTIED}
             WHERE row = ?1 AND state = 'dead' RETURNING sender, id, conversation",
        ))?
        .query_row(
            params![row.0, state.as_str(), why, state.stage().settled_at(now)],
            about,
        )
}

fn view(row: &Row<'_>) -> rusqlite::Result<DeadMessage> {
    Ok(DeadMessage {
        message_id: parsed(row, "id")?,
        from: parsed(row, "sender")?,
        conversation_id: parsed(row, "conversation")?,
        kind: parsed(row, "kind")?,
        content: shown_content(row)?,
        trust: parsed(row, "trust")?,
        received_at: time(row, "received_at")?,
        dead_since: time(row, "settled_at")?,
        reason: row.get("reason")?,
        attempts: row.get("attempts")?,
        may_repeat: row.get("may_repeat")?,
        annotations: from_json(row, "annotations")?,
    })
}
