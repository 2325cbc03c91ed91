//! What is known of messages, gathered from both boxes: counts, and one message's whole story.

use rusqlite::{Connection, Row};

use super::called::{Called, Place};
use super::load::{self, Counted};
use super::room::Load;
use super::rows::{RowId, from_json, parsed, shown_content, time};
use super::story;
use super::view::Story;
use crate::types::{AgentId, Direction, MessageId};

/// How many messages wait, and for what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// For the agent.
    pub(super) inbox: Load,
    /// For the relay.
    pub(super) outbox: u64,
    /// For a person, both ways.
    pub(super) held: u64,
    /// Given up; the outbox gives nothing up.
    pub(super) dead: u64,
}

/// Counts what waits.
pub(super) fn counts(connection: &Connection) -> rusqlite::Result<Counts> {
    connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM outbox WHERE state = 'queued'),
                    (SELECT count(*) FROM inbox WHERE state = 'held')
                  + (SELECT count(*) FROM outbox WHERE state = 'held'),
                    (SELECT count(*) FROM inbox WHERE state = 'dead')",
        )?
        .query_row([], |row| {
            Ok(Counts {
                inbox: load::all(connection, Counted::Waiting)?,
                outbox: row.get(0)?,
                held: row.get(1)?,
                dead: row.get(2)?,
            })
        })
}

/// Every message called `id`.
pub(super) fn called(connection: &Connection, id: &MessageId) -> rusqlite::Result<Vec<Called>> {
    let called = |direction, row: &Row<'_>| {
        Ok(Called {
            place: Place {
                direction,
                row: RowId(row.get("row")?),
            },
            author: parsed(row, "author")?,
            state: row.get("state")?,
        })
    };
    let outbound = connection
        .prepare_cached("SELECT row, author, state FROM outbox WHERE id = ?1")?
        .query_map([id.as_str()], |row| called(Direction::Outbound, row))?
        .collect::<rusqlite::Result<Vec<Called>>>()?;
    let inbound = connection
        .prepare_cached("SELECT row, sender AS author, state FROM inbox WHERE id = ?1")?
        .query_map([id.as_str()], |row| called(Direction::Inbound, row))?
        .collect::<rusqlite::Result<Vec<Called>>>()?;
    Ok(outbound.into_iter().chain(inbound).collect())
}

/// The stories of all messages called `id`.
pub(super) fn of(
    connection: &Connection,
    me: &AgentId,
    id: &MessageId,
) -> rusqlite::Result<Vec<Story>> {
    let inbound = connection
        .prepare_cached("SELECT * FROM inbox WHERE id = ?1 ORDER BY row")?
        .query_map([id.as_str()], |row| {
            let author = parsed(row, "sender")?;
            told(connection, row, Direction::Inbound, (author, me.clone()))
        })?
        .collect::<rusqlite::Result<Vec<Story>>>()?;
    let outbound = connection
        .prepare_cached("SELECT * FROM outbox WHERE id = ?1 ORDER BY row")?
        .query_map([id.as_str()], |row| {
            let ends = (parsed(row, "author")?, parsed(row, "recipient")?);
            told(connection, row, Direction::Outbound, ends)
        })?
        .collect::<rusqlite::Result<Vec<Story>>>()?;
    Ok(inbound.into_iter().chain(outbound).collect())
}

fn told(
    connection: &Connection,
    row: &Row<'_>,
    direction: Direction,
    (from, to): (AgentId, AgentId),
) -> rusqlite::Result<Story> {
    let message_id: MessageId = parsed(row, "id")?;
    let (trust, taken_at) = match direction {
        Direction::Inbound => (Some(parsed(row, "trust")?), time(row, "received_at")?),
        Direction::Outbound => (None, time(row, "created_at")?),
    };
    Ok(Story {
        direction,
        conversation_id: parsed(row, "conversation")?,
        kind: parsed(row, "kind")?,
        state: row.get("state")?,
        content: shown_content(row)?,
        content_bytes: row.get("content_bytes")?,
        trust,
        taken_at,
        annotations: from_json(row, "annotations")?,
        verdicts: from_json(row, "verdicts")?,
        events: story::read(connection, direction, &from, &message_id)?,
        may_repeat: row.get("may_repeat")?,
        message_id,
        from,
        to,
    })
}
