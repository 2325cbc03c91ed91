//! Held rows of the outbox: read to be judged again, and written as that came out.

use rusqlite::{Connection, OptionalExtension, params};

use super::{RowState, about};
use crate::daemon::keeping::Stage;
use crate::daemon::rows::{EMPTIED, RowId, Ruled, from_json, parsed, stored_turn, time, turn};
use crate::daemon::story::About;
use crate::policy::{Hold, Ruling};
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
    now: Timestamp,
) -> rusqlite::Result<()> {
    let ruled = Ruled::of(ruling)?;
    let stage = standing.state.stage();
    connection
        .prepare_cached(
            "UPDATE outbox SET state = ?2, turn = ?3, max_turns = ?4, reason = ?5, admitted = ?6,
                 hold = ?7, annotations = ?8, verdicts = ?9, settled_at = ?10,
                 content = iif(?11, '', content), queued_at = ?12
             WHERE row = ?1 AND state = 'held'",
        )?
        .execute(params![
            row.0,
            standing.state.as_str(),
            stored_turn(standing.turn),
            stored_turn(standing.max_turns),
            standing.reason,
            ruled.admitted,
            ruled.hold,
            ruled.annotations,
            ruled.verdicts,
            stage.settled_at(now),
            stage == Stage::Refused,
            standing.state.queued_at(now),
        ])?;
    Ok(())
}

/// Refuses the held draft at `row`.
pub(in crate::daemon) fn refuse(
    connection: &Connection,
    row: RowId,
    now: Timestamp,
    why: &str,
) -> rusqlite::Result<About> {
    connection
        .prepare_cached(&format!(
            "UPDATE outbox SET state = 'refused', reason = ?2, settled_at = ?3, {EMPTIED}
             WHERE row = ?1 AND state = 'held' RETURNING author, recipient, id, conversation",
        ))?
        .query_row(params![row.0, why, now.as_millis()], about)
}
