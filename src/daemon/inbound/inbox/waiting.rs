//! What waits for the agent: loaded in its order, bound together for one request, and written as it
//! came out.
//!
//! A batch is bound before it goes, and stays as it was bound until all of it is delivered or given
//! up, or it is taken apart; one member alone never leaves it. So whatever is done again is done with
//! the same messages. It is known by the row of its first message.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Admitted, RowState, Settled, about, asked};
use crate::daemon::rows::{RowId, from_json, maybe_time, parsed, time};
use crate::daemon::story::{self, About, Entry};
use crate::fault::{self, Point};
use crate::types::Timestamp;

/// Messages of one conversation that go to the agent in one request, in their order.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Batch {
    first: Admitted,
    others: Vec<Admitted>,
}

impl Batch {
    fn of(messages: impl IntoIterator<Item = Admitted>) -> Option<Self> {
        let mut messages = messages.into_iter();
        Some(Self {
            first: messages.next()?,
            others: messages.collect(),
        })
    }

    /// What it is known by.
    pub(in crate::daemon) fn row(&self) -> RowId {
        self.first.row
    }

    /// Its oldest message.
    pub(in crate::daemon) fn first(&self) -> &Admitted {
        &self.first
    }

    /// How many messages it has.
    pub(in crate::daemon) fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Its messages, the oldest first.
    pub(in crate::daemon) fn messages(&self) -> impl Iterator<Item = &Admitted> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// What is loaded of a message that waits.
const WAITING: &str = "SELECT inbox.*, dialogue.reply_session FROM inbox
    LEFT JOIN dialogue ON dialogue.peer = inbox.sender
        AND dialogue.conversation = inbox.conversation";

pub(super) fn deliverable(
    connection: &Connection,
    limit: usize,
) -> rusqlite::Result<Vec<Admitted>> {
    connection
        .prepare_cached(&format!(
            "{WAITING} WHERE inbox.row IN (
                 SELECT min(row) FROM inbox WHERE state = 'waiting' AND kind = 'text'
                 GROUP BY sender, conversation)
             ORDER BY coalesce(inbox.next_attempt_at, inbox.stored_at), inbox.row LIMIT ?1",
        ))?
        .query_map([limit], admitted)?
        .collect()
}

/// The batch that the message at `head`, the oldest of its conversation that waits, is in. Where it is
/// in none yet, `together` says how many of those from it on make one, of at most `most`. From now on
/// the gateway may have been asked to take it. Nothing where it no longer waits.
pub(super) fn bind(
    connection: &Connection,
    head: RowId,
    most: usize,
    together: impl FnOnce(&[Admitted]) -> usize,
) -> rusqlite::Result<Option<Batch>> {
    let bound = connection
        .prepare_cached(&format!(
            "{WAITING} WHERE inbox.batch = ?1 AND inbox.state = 'waiting' ORDER BY inbox.row"
        ))?
        .query_map([head.0], admitted)?
        .collect::<rusqlite::Result<Vec<Admitted>>>()?;
    if let Some(batch) = Batch::of(bound) {
        asked::ask(connection, head)?;
        return Ok(Some(batch));
    }
    let mut unbound = connection
        .prepare_cached(&format!(
            "{WAITING} JOIN inbox AS head ON head.row = ?1 AND head.state = 'waiting'
             WHERE inbox.state = 'waiting' AND inbox.kind = 'text' AND inbox.row >= head.row
                 AND inbox.sender = head.sender AND inbox.conversation = head.conversation
             ORDER BY inbox.row LIMIT ?2"
        ))?
        .query_map(params![head.0, most], |row| {
            Ok((admitted(row)?, row.get::<_, Option<i64>>("batch")?))
        })?
        .collect::<rusqlite::Result<Vec<(Admitted, Option<i64>)>>>()?
        .into_iter()
        // Nothing overtakes what went before, and the first goes whatever it was bound with.
        .enumerate()
        .take_while(|(place, (_, batch))| *place == 0 || batch.is_none())
        .map(|(_, (message, _))| message)
        .collect::<Vec<Admitted>>();
    unbound.truncate(together(&unbound).max(1));
    let mut mark =
        connection.prepare_cached("UPDATE inbox SET batch = ?1, asked = 1 WHERE row = ?2")?;
    for message in &unbound {
        mark.execute([head.0, message.row.0])?;
    }
    Ok(Batch::of(unbound))
}

/// Writes what became of an attempt with the batch known by `batch`, and gives the story of each of
/// its messages that still waited.
pub(super) fn settle(
    connection: &Connection,
    batch: RowId,
    settled: &Settled,
    now: Timestamp,
) -> rusqlite::Result<Vec<Entry>> {
    let Written {
        what,
        state,
        reason,
        attempts,
        next_attempt_at,
        may_repeat,
        run_id,
        stays_bound,
    } = Written::of(settled);
    let is_news = is_news(connection, batch, settled)?;
    let mut messages = connection
        .prepare_cached(
            "UPDATE inbox SET state = ?2, reason = ?3, attempts = coalesce(?4, attempts),
                 next_attempt_at = ?5, may_repeat = may_repeat OR ?6, run_id = ?7, settled_at = ?8,
                 batch = iif(?9, batch, row), asked = 0
             WHERE batch = ?1 AND state = 'waiting' RETURNING row, sender, id, conversation",
        )?
        .query_map(
            params![
                batch.0,
                state.as_str(),
                reason,
                attempts,
                next_attempt_at,
                may_repeat,
                run_id,
                state.stage().settled_at(now),
                stays_bound,
            ],
            |row| Ok((RowId(row.get("row")?), about(row)?)),
        )?
        .collect::<rusqlite::Result<Vec<(RowId, About)>>>()?;
    if !is_news {
        return Ok(Vec::new());
    }
    messages.sort_by_key(|(row, _)| *row);
    let in_company = (messages.len() > 1).then(|| format!("one of {} at once", messages.len()));
    let detail = reason.cloned().or(in_company);
    let stories = messages.iter();
    let story = stories
        .map(|(_, about)| story::write(connection, about, now, what, detail.clone()))
        .collect();
    fault::point(Point::DeliveryWritten);
    story
}

/// Whether what became of an attempt is more than the row says already. A session that is busy for an
/// hour says so at each attempt, none of which counts.
fn is_news(connection: &Connection, batch: RowId, settled: &Settled) -> rusqlite::Result<bool> {
    let Settled::Retry { attempts, why, .. } = settled else {
        return Ok(true);
    };
    let stands = connection
        .prepare_cached("SELECT 1 FROM inbox WHERE row = ?1 AND attempts = ?2 AND reason = ?3")?
        .exists(params![batch.0, attempts, why])?;
    Ok(!stands)
}

/// Gives up the message at `row`, which is not under way, if it still waits. What it was bound with
/// goes alone from then on.
pub(super) fn give_up(
    connection: &Connection,
    row: RowId,
    why: &str,
    now: Timestamp,
) -> rusqlite::Result<Vec<Entry>> {
    let state = RowState::Dead;
    let given_up = connection
        .prepare_cached(
            "UPDATE inbox SET state = ?2, reason = ?3, next_attempt_at = NULL, settled_at = ?4
             WHERE row = ?1 AND state = 'waiting' RETURNING sender, id, conversation, batch",
        )?
        .query_row(
            params![row.0, state.as_str(), why, state.stage().settled_at(now)],
            |row| Ok((about(row)?, row.get::<_, Option<i64>>("batch")?)),
        )
        .optional()?;
    let Some((about, batch)) = given_up else {
        return Ok(Vec::new());
    };
    connection
        .prepare_cached("UPDATE inbox SET batch = row WHERE batch = ?1 AND state = 'waiting'")?
        .execute([batch])?;
    let detail = Some(why.to_owned());
    Ok(vec![story::write(
        connection,
        &about,
        now,
        state.as_str(),
        detail,
    )?])
}

/// What an outcome writes into the rows.
struct Written<'a> {
    what: &'static str,
    state: RowState,
    reason: Option<&'a String>,
    attempts: Option<u32>,
    next_attempt_at: Option<u64>,
    may_repeat: bool,
    run_id: Option<&'a String>,
    stays_bound: bool,
}

impl<'a> Written<'a> {
    fn of(settled: &'a Settled) -> Self {
        let blank = Self {
            what: "retry",
            state: RowState::Waiting,
            reason: None,
            attempts: None,
            next_attempt_at: None,
            may_repeat: false,
            run_id: None,
            stays_bound: true,
        };
        match settled {
            Settled::Delivered { run_id } => Self {
                what: "delivered",
                state: RowState::Delivered,
                run_id: run_id.as_ref(),
                ..blank
            },
            Settled::Retry {
                attempts,
                next_attempt_at,
                why,
                may_repeat,
            } => Self {
                reason: Some(why),
                attempts: Some(*attempts),
                next_attempt_at: Some(next_attempt_at.as_millis()),
                may_repeat: *may_repeat,
                ..blank
            },
            Settled::Apart { why } => Self {
                reason: Some(why),
                stays_bound: false,
                ..blank
            },
            Settled::Dead {
                attempts,
                why,
                may_repeat,
            } => Self {
                what: "dead",
                state: RowState::Dead,
                reason: Some(why),
                attempts: Some(*attempts),
                may_repeat: *may_repeat,
                ..blank
            },
        }
    }
}

fn admitted(row: &Row<'_>) -> rusqlite::Result<Admitted> {
    Ok(Admitted {
        row: RowId(row.get("row")?),
        about: about(row)?,
        content: row.get("admitted")?,
        trust: parsed(row, "trust")?,
        received_at: time(row, "received_at")?,
        stored_at: time(row, "stored_at")?,
        annotations: from_json(row, "annotations")?,
        reply_session: row.get("reply_session")?,
        attempts: row.get("attempts")?,
        next_attempt_at: maybe_time(row, "next_attempt_at")?,
        may_repeat: row.get("may_repeat")?,
    })
}
