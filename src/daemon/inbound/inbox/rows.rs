//! Rows of the inbox: written from what was judged, read for whoever looks.

use rusqlite::{Connection, Row, params};

use crate::daemon::inbound::Verified;
use crate::daemon::rows::{from_json, json, parsed, shown_content, time};
use crate::daemon::view::InboxMessage;
use crate::policy::{Annotation, Outcome, Ruling, Step};
use crate::types::{Timestamp, Trust};

/// Where a message of the inbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum RowState {
    /// For the agent.
    Waiting,
    /// The gateway admitted it.
    Delivered,
    /// For a person, or for a moment.
    Held,
    /// A policy or the owner refused it.
    Refused,
    /// Given up.
    Dead,
    /// Kept for the record; it wakes nobody.
    Noted,
}

impl RowState {
    pub(in crate::daemon) fn as_str(self) -> &'static str {
        match self {
            RowState::Waiting => "waiting",
            RowState::Delivered => "delivered",
            RowState::Held => "held",
            RowState::Refused => "refused",
            RowState::Dead => "dead",
            RowState::Noted => "noted",
        }
    }
}

/// A row to be written, but for what the chain said.
#[derive(Debug)]
pub(in crate::daemon) struct NewRow<'a> {
    pub(in crate::daemon) verified: &'a Verified,
    pub(in crate::daemon) trust: Trust,
    pub(in crate::daemon) stored_at: Timestamp,
    pub(in crate::daemon) state: RowState,
    pub(in crate::daemon) reason: Option<&'a str>,
}

/// Writes the row of a judged message.
pub(in crate::daemon) fn insert(
    connection: &Connection,
    row: &NewRow<'_>,
    ruling: &Ruling,
) -> rusqlite::Result<()> {
    let (admitted, hold) = match &ruling.outcome {
        Outcome::Admitted { content } => (Some(content.as_str()), None),
        Outcome::Held(hold) => (None, Some(json(hold)?)),
        Outcome::Refused(_) => (None, None),
    };
    write(
        connection,
        row,
        admitted,
        hold,
        &ruling.annotations,
        &ruling.steps,
    )
}

/// Writes the row of a message that no policy saw.
pub(in crate::daemon) fn insert_unjudged(
    connection: &Connection,
    row: &NewRow<'_>,
    annotations: &[Annotation],
) -> rusqlite::Result<()> {
    write(connection, row, None, None, annotations, &[])
}

fn write(
    connection: &Connection,
    row: &NewRow<'_>,
    admitted: Option<&str>,
    hold: Option<String>,
    annotations: &[Annotation],
    verdicts: &[Step],
) -> rusqlite::Result<()> {
    let message = row.verified.message();
    connection
        .prepare_cached(
            "INSERT INTO inbox (sender, id, kind, conversation, turn, content, admitted, trust,
                 received_at, stored_at, state, reason, hold, annotations, verdicts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            message.from.as_str(),
            message.id.as_str(),
            message.kind.as_str(),
            row.verified.conversation().as_str(),
            // SQLite's integers end at 2^63; the number is the sender's claim, not our count.
            message.turn.and_then(|turn| i64::try_from(turn.get()).ok()),
            message.content,
            admitted,
            row.trust.as_str(),
            row.verified.received_at().as_millis(),
            row.stored_at.as_millis(),
            row.state.as_str(),
            row.reason,
            hold,
            json(&annotations)?,
            json(&verdicts)?,
        ])?;
    Ok(())
}

/// The messages after `after`, the oldest first; without it the newest `limit`.
pub(super) fn list(
    connection: &Connection,
    after: Option<i64>,
    limit: usize,
) -> rusqlite::Result<Vec<InboxMessage>> {
    let sql = match after {
        Some(_) => "SELECT * FROM inbox WHERE row > ?1 ORDER BY row LIMIT ?2",
        None => {
            "SELECT * FROM (SELECT * FROM inbox WHERE row > ?1 ORDER BY row DESC LIMIT ?2)
             ORDER BY row"
        }
    };
    connection
        .prepare_cached(sql)?
        .query_map(params![after.unwrap_or_default(), limit], view)?
        .collect()
}

fn view(row: &Row<'_>) -> rusqlite::Result<InboxMessage> {
    Ok(InboxMessage {
        seq: row.get("row")?,
        message_id: parsed(row, "id")?,
        from: parsed(row, "sender")?,
        conversation_id: parsed(row, "conversation")?,
        kind: parsed(row, "kind")?,
        state: row.get("state")?,
        content: shown_content(row)?,
        trust: parsed(row, "trust")?,
        received_at: time(row, "received_at")?,
        annotations: from_json(row, "annotations")?,
        reason: row.get("reason")?,
        attempts: row.get("attempts")?,
    })
}
