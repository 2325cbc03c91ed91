//! Held rows of the inbox: read to be judged again, and written as that came out.

use rusqlite::{Connection, OptionalExtension, params};

use super::{RowState, about};
use crate::daemon::keeping::Stage;
use crate::daemon::rows::EMPTIED;
use crate::daemon::rows::{RowId, Ruled, from_json, parsed, time, turn};
use crate::daemon::story::About;
use crate::policy::{Annotation, Hold, Ruling, words};
use crate::types::{Kind, Timestamp, Trust, TurnNumber};

/// A message that is held, as it came.
#[derive(Debug)]
pub(in crate::daemon) struct Held {
    pub(in crate::daemon) row: RowId,
    pub(in crate::daemon) about: About,
    pub(in crate::daemon) kind: Kind,
    pub(in crate::daemon) turn: Option<TurnNumber>,
    pub(in crate::daemon) content: String,
    pub(in crate::daemon) received_at: Timestamp,
    /// What the host said about it when it came; the policies will say theirs again.
    pub(in crate::daemon) annotations: Vec<Annotation>,
    pub(in crate::daemon) hold: Hold,
}

/// The message at `row`, if it is held.
pub(in crate::daemon) fn load(
    connection: &Connection,
    row: RowId,
) -> rusqlite::Result<Option<Held>> {
    connection
        .prepare_cached("SELECT * FROM inbox WHERE row = ?1 AND state = 'held'")?
        .query_row([row.0], |held| {
            let mut annotations: Vec<Annotation> = from_json(held, "annotations")?;
            // That a failed policy was passed by is said by the chain, and may no longer be so.
            annotations.retain(|note| {
                note.policy() == Annotation::HOST && note.key() != words::POLICY_ERROR
            });
            Ok(Held {
                row,
                about: about(held)?,
                kind: parsed(held, "kind")?,
                turn: turn(held, "turn")?,
                content: held.get("content")?,
                received_at: time(held, "received_at")?,
                annotations,
                hold: from_json(held, "hold")?,
            })
        })
        .optional()
}

/// How many messages are held.
pub(in crate::daemon) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT count(*) FROM inbox WHERE state = 'held'")?
        .query_row([], |row| row.get(0))
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
             WHERE row = ?1 AND state = 'held'",
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
