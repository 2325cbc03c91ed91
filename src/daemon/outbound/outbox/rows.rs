//! Rows of the outbox: written from what was judged, read for whoever looks.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::daemon::keeping::Stage;
use crate::daemon::rows::{Ruled, parsed, shown_content, stored_turn, time};
use crate::daemon::view::{OutboxMessage, SendAnswer, SendRefusal};
use crate::policy::Ruling;
use crate::types::{ConversationId, Digest, Message, Timestamp};

/// Where a message of the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum RowState {
    /// For the relay.
    Queued,
    /// The receiver has it.
    Sent,
    /// The relay keeps it for the receiver.
    AtRelay,
    /// For a person, or for a moment.
    Held,
    /// A policy, the owner, the relay or the receiver refused it.
    Refused,
}

impl RowState {
    pub(in crate::daemon) fn as_str(self) -> &'static str {
        match self {
            RowState::Queued => "queued",
            RowState::Sent => "sent",
            RowState::AtRelay => "at_relay",
            RowState::Held => "held",
            RowState::Refused => "refused",
        }
    }

    /// Every state.
    pub(in crate::daemon) const ALL: [RowState; 5] = [
        RowState::Queued,
        RowState::Sent,
        RowState::AtRelay,
        RowState::Held,
        RowState::Refused,
    ];

    /// Since when a row that reaches this state at `now` waits for the relay.
    pub(in crate::daemon) fn queued_at(self, now: Timestamp) -> Option<u64> {
        match self {
            RowState::Queued => Some(now.as_millis()),
            RowState::Sent | RowState::AtRelay | RowState::Held | RowState::Refused => None,
        }
    }

    /// What it means for how long the row is kept.
    pub(in crate::daemon) fn stage(self) -> Stage {
        match self {
            RowState::Queued | RowState::Held => Stage::Open,
            RowState::Sent | RowState::AtRelay => Stage::Settled,
            RowState::Refused => Stage::Refused,
        }
    }
}

/// A row to be written, but for what the chain said.
#[derive(Debug)]
pub(in crate::daemon) struct NewRow<'a> {
    pub(in crate::daemon) message: &'a Message,
    pub(in crate::daemon) conversation: &'a ConversationId,
    pub(in crate::daemon) created_at: Timestamp,
    pub(in crate::daemon) state: RowState,
    pub(in crate::daemon) reason: Option<&'a str>,
    pub(in crate::daemon) idempotency_key: Option<&'a str>,
    pub(in crate::daemon) request: Digest,
}

/// A request that came before under the same key, and what it was answered.
#[derive(Debug)]
pub(in crate::daemon) struct Earlier {
    pub(in crate::daemon) request: Digest,
    pub(in crate::daemon) answer: Result<SendAnswer, SendRefusal>,
}

/// Writes the row of a judged draft.
pub(in crate::daemon) fn insert(
    connection: &Connection,
    row: &NewRow<'_>,
    ruling: &Ruling,
) -> rusqlite::Result<()> {
    let ruled = Ruled::of(ruling)?;
    let content = match row.state.stage() {
        Stage::Refused => "",
        Stage::Open | Stage::Settled | Stage::Dead => row.message.content.as_str(),
    };
    // A refused request may be asked again under its key: the policy may say yes by then.
    let key = row
        .idempotency_key
        .filter(|_| row.state != RowState::Refused);
    connection
        .prepare_cached(
            "INSERT INTO outbox (author, id, recipient, kind, conversation, turn, max_turns, content,
                 admitted, created_at, state, reason, hold, annotations, verdicts,
                 idempotency_key, request_digest, content_bytes, settled_at, queued_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20)",
        )?
        .execute(params![
            row.message.from.as_str(),
            row.message.id.as_str(),
            row.message.to.as_str(),
            row.message.kind.as_str(),
            row.conversation.as_str(),
            stored_turn(row.message.turn),
            stored_turn(row.message.max_turns),
            content,
            ruled.admitted,
            row.created_at.as_millis(),
            row.state.as_str(),
            row.reason,
            ruled.hold,
            ruled.annotations,
            ruled.verdicts,
            key,
            row.request.as_bytes(),
            row.message.content.len(),
            row.state.stage().settled_at(row.created_at),
            row.state.queued_at(row.created_at),
        ])?;
    Ok(())
}

/// What was asked before under `key`.
pub(in crate::daemon) fn by_key(
    connection: &Connection,
    key: &str,
) -> rusqlite::Result<Option<Earlier>> {
    connection
        .prepare_cached(
            "SELECT id, conversation, state, request_digest FROM outbox WHERE idempotency_key = ?1",
        )?
        .query_row([key], |row| {
            let state: String = row.get("state")?;
            Ok(Earlier {
                request: Digest::from_bytes(row.get("request_digest")?),
                answer: Ok(SendAnswer {
                    ok: true,
                    message_id: parsed(row, "id")?,
                    conversation_id: parsed(row, "conversation")?,
                    state: if state == "held" { "held" } else { "queued" },
                }),
            })
        })
        .optional()
}

/// The newest `limit` messages, or of those before `before`, the oldest of them first.
pub(super) fn list(
    connection: &Connection,
    before: Option<i64>,
    limit: usize,
) -> rusqlite::Result<Vec<OutboxMessage>> {
    connection
        .prepare_cached(
            "SELECT * FROM (SELECT * FROM outbox WHERE row < ?1 ORDER BY row DESC LIMIT ?2)
             ORDER BY row",
        )?
        .query_map(params![before.unwrap_or(i64::MAX), limit], view)?
        .collect()
}

fn view(row: &Row<'_>) -> rusqlite::Result<OutboxMessage> {
    Ok(OutboxMessage {
        seq: row.get("row")?,
        message_id: parsed(row, "id")?,
        to: parsed(row, "recipient")?,
        conversation_id: parsed(row, "conversation")?,
        kind: parsed(row, "kind")?,
        state: row.get("state")?,
        content: shown_content(row)?,
        content_bytes: row.get("content_bytes")?,
        created_at: time(row, "created_at")?,
        reason: row.get("reason")?,
        attempts: row.get("attempts")?,
    })
}
