//! Held rows of the inbox: read to be judged again, and written as that came out; so are dead ones
//! that no policy was asked about.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{RowState, about};
use crate::daemon::keeping::Stage;
use crate::daemon::rows::{EMPTIED, RowId, Ruled, from_json, parsed, time, turn};
use crate::daemon::story::About;
use crate::policy::{Annotation, Hold, Ruling, words};
use crate::types::{Kind, Timestamp, Trust, TurnNumber};

/// A message as it came, which goes before the chain because a person or a moment says so.
#[derive(Debug)]
pub(in crate::daemon) struct Original {
    pub(in crate::daemon) row: RowId,
    pub(in crate::daemon) about: About,
    pub(in crate::daemon) kind: Kind,
    pub(in crate::daemon) turn: Option<TurnNumber>,
    pub(in crate::daemon) content: String,
    pub(in crate::daemon) received_at: Timestamp,
    /// What the host said about it when it came; the policies will say theirs again.
    pub(in crate::daemon) annotations: Vec<Annotation>,
}

/// The message at `row` and its hold, if it is held.
pub(in crate::daemon) fn load(
    connection: &Connection,
    row: RowId,
) -> rusqlite::Result<Option<(Original, Hold)>> {
    connection
        .prepare_cached("SELECT * FROM inbox WHERE row = ?1 AND state = 'held'")?
        .query_row([row.0], |held| {
            Ok((original(held)?, from_json(held, "hold")?))
        })
        .optional()
}

/// Reads a message as it came from its whole row.
pub(super) fn original(row: &Row<'_>) -> rusqlite::Result<Original> {
    let mut annotations: Vec<Annotation> = from_json(row, "annotations")?;
    // That a failed policy was passed by is said by the chain, and may no longer be so.
    annotations
        .retain(|note| note.policy() == Annotation::HOST && note.key() != words::POLICY_ERROR);
    Ok(Original {
        row: RowId(row.get("row")?),
        about: about(row)?,
        kind: parsed(row, "kind")?,
        turn: turn(row, "turn")?,
        content: row.get("content")?,
        received_at: time(row, "received_at")?,
        annotations,
    })
}

/// Writes what judging it again came to. How long it waits for the agent counts from `now`.
pub(in crate::daemon) fn judged_again(
    connection: &Connection,
    row: RowId,
    (state, trust, reason): (RowState, Trust, Option<&str>),
    ruling: &Ruling,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let ruled = Ruled::of(ruling)?;
    connection
        .prepare_cached(
            "UPDATE inbox SET state = ?2, trust = ?3, reason = ?4, admitted = ?5, hold = ?6,
                 annotations = ?7, verdicts = ?8, stored_at = ?9, settled_at = ?10,
                 content = iif(?11, '', content)
             WHERE row = ?1 AND state IN ('held', 'dead')",
        )?
        .execute(params![
            row.0,
            state.as_str(),
            trust.as_str(),
            reason,
            ruled.admitted,
            ruled.hold,
            ruled.annotations,
            ruled.verdicts,
            now.as_millis(),
            state.stage().settled_at(now),
            state.stage() == Stage::Refused,
        ])?;
    Ok(())
}

/// Refuses the held message at `row`.
pub(in crate::daemon) fn refuse(
    connection: &Connection,
    row: RowId,
    now: Timestamp,
    why: &str,
) -> rusqlite::Result<About> {
    connection
        .prepare_cached(&format!(
            "UPDATE inbox SET state = 'refused', reason = ?2, settled_at = ?3, {EMPTIED}
             WHERE row = ?1 AND state = 'held' RETURNING sender, id, conversation",
        ))?
        .query_row(params![row.0, why, now.as_millis()], about)
}
