//! Rows of the inbox: written from what was judged, read for whoever looks.

use rusqlite::{Connection, Row, params};

use crate::daemon::inbound::Verified;
use crate::daemon::keeping::Stage;
use crate::daemon::rows::{Ruled, from_json, json, parsed, shown_content, stored_turn, time};
use crate::daemon::view::InboxMessage;
use crate::policy::{Annotation, Ruling};
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
    /// Given up, and let go by a person.
    Dropped,
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
            RowState::Dropped => "dropped",
            RowState::Noted => "noted",
        }
    }

    /// Every state.
    pub(in crate::daemon) const ALL: [RowState; 7] = [
        RowState::Waiting,
        RowState::Delivered,
        RowState::Held,
        RowState::Refused,
        RowState::Dead,
        RowState::Dropped,
        RowState::Noted,
    ];

    /// What it means for how long the row is kept.
    pub(in crate::daemon) fn stage(self) -> Stage {
        match self {
            RowState::Waiting | RowState::Held => Stage::Open,
            RowState::Delivered | RowState::Noted => Stage::Settled,
            RowState::Refused | RowState::Dropped => Stage::Refused,
            RowState::Dead => Stage::Dead,
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
    /// Whether it goes to the gateway alone and as soon as it is on disk.
    pub(in crate::daemon) goes_at_once: bool,
}

/// Writes the row of a judged message.
pub(in crate::daemon) fn insert(
    connection: &Connection,
    row: &NewRow<'_>,
    ruling: &Ruling,
) -> rusqlite::Result<()> {
    write(connection, row, &Ruled::of(ruling)?)
}

/// Writes the row of a message that no policy saw.
pub(in crate::daemon) fn insert_unjudged(
    connection: &Connection,
    row: &NewRow<'_>,
    annotations: &[Annotation],
) -> rusqlite::Result<()> {
    let unjudged = Ruled {
        admitted: None,
        hold: None,
        annotations: json(&annotations)?,
        verdicts: "[]".to_owned(),
    };
    write(connection, row, &unjudged)
}

fn write(connection: &Connection, row: &NewRow<'_>, ruled: &Ruled<'_>) -> rusqlite::Result<()> {
    let message = row.verified.message();
    let content = match row.state.stage() {
        Stage::Refused => "",
        Stage::Open | Stage::Settled | Stage::Dead => message.content.as_str(),
    };
    connection
        .prepare_cached(
            "INSERT INTO inbox (sender, id, kind, conversation, turn, content, admitted, trust,
                 received_at, stored_at, state, reason, hold, annotations, verdicts, content_bytes,
                 settled_at, asked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18)",
        )?
        .execute(params![
            message.from.as_str(),
            message.id.as_str(),
            message.kind.as_str(),
            row.verified.conversation().as_str(),
            stored_turn(message.turn),
            content,
            ruled.admitted,
            row.trust.as_str(),
            row.verified.received_at().as_millis(),
            row.stored_at.as_millis(),
            row.state.as_str(),
            row.reason,
            ruled.hold,
            ruled.annotations,
            ruled.verdicts,
            message.content.len(),
            row.state.stage().settled_at(row.stored_at),
            row.goes_at_once,
        ])?;
    if row.goes_at_once {
        connection
            .prepare_cached("UPDATE inbox SET batch = row WHERE row = last_insert_rowid()")?
            .execute([])?;
    }
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

/// The newest `limit` messages before `before`, the oldest of them first.
pub(super) fn list_before(
    connection: &Connection,
    before: i64,
    limit: usize,
) -> rusqlite::Result<Vec<InboxMessage>> {
    connection
        .prepare_cached(
            "SELECT * FROM (SELECT * FROM inbox WHERE row < ?1 ORDER BY row DESC LIMIT ?2)
             ORDER BY row",
        )?
        .query_map(params![before, limit], view)?
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
        content_bytes: row.get("content_bytes")?,
        trust: parsed(row, "trust")?,
        received_at: time(row, "received_at")?,
        annotations: from_json(row, "annotations")?,
        reason: row.get("reason")?,
        attempts: row.get("attempts")?,
    })
}
