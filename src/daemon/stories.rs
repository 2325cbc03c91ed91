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

/// What waits for a person to decide, and how new the newest of each is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Held until a person answers, both ways.
    pub(super) held: u64,
    /// Of these, strangers who ask to talk.
    pub(super) contacts: u64,
    /// Given up.
    pub(super) dead: u64,
    pub(super) newest_in: u64,
    pub(super) newest_out: u64,
    pub(super) newest_dead: u64,
}

impl Waiting {
    /// Whether something waits that is newer than all that waited `before`.
    pub(super) fn has_more_than(&self, before: &Self) -> bool {
        self.newest_in > before.newest_in
            || self.newest_out > before.newest_out
            || self.newest_dead > before.newest_dead
    }
}

/// Looks what waits for a person; what goes on by itself does not.
pub(super) fn waiting_for_a_person(connection: &Connection) -> rusqlite::Result<Waiting> {
    connection
        .prepare_cached(
            "WITH coming AS (SELECT row, json_extract(hold, '$.code') AS code FROM inbox
                             WHERE state = 'held' AND json_extract(hold, '$.until') IS NULL),
                  going AS (SELECT row FROM outbox
                            WHERE state = 'held' AND json_extract(hold, '$.until') IS NULL),
                  dead AS (SELECT settled_at FROM inbox WHERE state = 'dead')
             SELECT (SELECT count(*) FROM coming) + (SELECT count(*) FROM going),
                    (SELECT count(*) FROM coming WHERE code = 'contact_request'),
                    (SELECT count(*) FROM dead),
                    (SELECT coalesce(max(row), 0) FROM coming),
                    (SELECT coalesce(max(row), 0) FROM going),
                    (SELECT coalesce(max(settled_at), 0) FROM dead)",
        )?
        .query_row([], |row| {
            Ok(Waiting {
                held: row.get(0)?,
                contacts: row.get(1)?,
                dead: row.get(2)?,
                newest_in: row.get(3)?,
                newest_out: row.get(4)?,
                newest_dead: row.get(5)?,
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

/// The text of a message as it came, where the policies let another go on.
fn original(row: &Row<'_>) -> rusqlite::Result<Option<String>> {
    let (content, admitted): (String, Option<String>) = (row.get("content")?, row.get("admitted")?);
    Ok(admitted
        .filter(|admitted| *admitted != content)
        .map(|_| content))
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
        original: original(row)?,
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
