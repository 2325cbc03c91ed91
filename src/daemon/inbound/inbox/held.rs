//! Held rows of the inbox: read to be judged again, and written as that came out.

use rusqlite::{Connection, OptionalExtension, params};

use super::{RowState, about};
use crate::daemon::rows::{RowId, from_json, json, parsed, time};
use crate::daemon::story::About;
use crate::policy::{Annotation, Hold, Outcome, Ruling, words};
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
            let turn: Option<u64> = held.get("turn")?;
            Ok(Held {
                row,
                about: about(held)?,
                kind: parsed(held, "kind")?,
                turn: turn.and_then(TurnNumber::new),
                content: held.get("content")?,
                received_at: time(held, "received_at")?,
                annotations,
                hold: from_json(held, "hold")?,
            })
        })
        .optional()
}

/// Writes what judging it again came to. How long it waits for the agent counts from `now`.
pub(in crate::daemon) fn judged_again(
    connection: &Connection,
    row: RowId,
    (state, trust, reason): (RowState, Trust, Option<&str>),
    ruling: &Ruling,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (admitted, hold) = match &ruling.outcome {
        Outcome::Admitted { content } => (Some(content.as_str()), None),
        Outcome::Held(hold) => (None, Some(json(hold)?)),
        Outcome::Refused(_) => (None, None),
    };
    connection
        .prepare_cached(
            "UPDATE inbox SET state = ?2, trust = ?3, reason = ?4, admitted = ?5, hold = ?6,
                 annotations = ?7, verdicts = ?8, stored_at = ?9
             WHERE row = ?1 AND state = 'held'",
        )?
        .execute(params![
            row.0,
            state.as_str(),
            trust.as_str(),
            reason,
            admitted,
            hold,
            json(&ruling.annotations)?,
            json(&ruling.steps)?,
            now.as_millis(),
        ])?;
    Ok(())
}

/// Refuses the held message at `row`.
pub(in crate::daemon) fn refuse(
    connection: &Connection,
    row: RowId,
    why: &str,
) -> rusqlite::Result<About> {
    connection
        .prepare_cached(
            "UPDATE inbox SET state = 'refused', reason = ?2, hold = NULL
             WHERE row = ?1 AND state = 'held' RETURNING sender, id, conversation",
        )?
        .query_row(params![row.0, why], about)
}
