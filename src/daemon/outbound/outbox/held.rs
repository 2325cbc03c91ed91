//! Held rows of the outbox: read to be judged again, and written as that came out.

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::turn;
use super::{RowState, about};
use crate::daemon::rows::{RowId, from_json, json, parsed, time};
use crate::daemon::story::About;
use crate::policy::{Hold, Outcome, Ruling};
use crate::types::{Kind, Timestamp, TurnNumber};

/// A draft that is held, as it was taken.
#[derive(Debug)]
pub(in crate::daemon) struct Held {
    pub(in crate::daemon) row: RowId,
    pub(in crate::daemon) about: About,
    pub(in crate::daemon) kind: Kind,
    pub(in crate::daemon) content: String,
    pub(in crate::daemon) max_turns: Option<TurnNumber>,
    pub(in crate::daemon) created_at: Timestamp,
    pub(in crate::daemon) hold: Hold,
}

/// Where a draft that was judged again stands now.
#[derive(Debug)]
pub(in crate::daemon) struct Standing<'a> {
    pub(in crate::daemon) state: RowState,
    pub(in crate::daemon) turn: Option<TurnNumber>,
    pub(in crate::daemon) max_turns: Option<TurnNumber>,
    pub(in crate::daemon) reason: Option<&'a str>,
}

/// The draft at `row`, if it is held.
pub(in crate::daemon) fn load(
    connection: &Connection,
    row: RowId,
) -> rusqlite::Result<Option<Held>> {
    connection
        .prepare_cached("SELECT * FROM outbox WHERE row = ?1 AND state = 'held'")?
        .query_row([row.0], |held| {
            Ok(Held {
                row,
                about: about(held)?,
                kind: parsed(held, "kind")?,
                content: held.get("content")?,
                max_turns: turn(held, "max_turns")?,
                created_at: time(held, "created_at")?,
                hold: from_json(held, "hold")?,
            })
        })
        .optional()
}

/// Writes what judging it again came to.
pub(in crate::daemon) fn judged_again(
    connection: &Connection,
    row: RowId,
    standing: &Standing<'_>,
    ruling: &Ruling,
) -> rusqlite::Result<()> {
    let (admitted, hold) = match &ruling.outcome {
        Outcome::Admitted { content } => (Some(content.as_str()), None),
        Outcome::Held(hold) => (None, Some(json(hold)?)),
        Outcome::Refused(_) => (None, None),
    };
    let stored = |turn: Option<TurnNumber>| turn.and_then(|n| i64::try_from(n.get()).ok());
    connection
        .prepare_cached(
            "UPDATE outbox SET state = ?2, turn = ?3, max_turns = ?4, reason = ?5, admitted = ?6,
                 hold = ?7, annotations = ?8, verdicts = ?9
             WHERE row = ?1 AND state = 'held'",
        )?
        .execute(params![
            row.0,
            standing.state.as_str(),
            stored(standing.turn),
            stored(standing.max_turns),
            standing.reason,
            admitted,
            hold,
            json(&ruling.annotations)?,
            json(&ruling.steps)?,
        ])?;
    Ok(())
}

/// Refuses the held draft at `row`.
pub(in crate::daemon) fn refuse(
    connection: &Connection,
    row: RowId,
    why: &str,
) -> rusqlite::Result<About> {
    connection
        .prepare_cached(
            "UPDATE outbox SET state = 'refused', reason = ?2, hold = NULL
             WHERE row = ?1 AND state = 'held' RETURNING author, recipient, id, conversation",
        )?
        .query_row(params![row.0, why], about)
}
