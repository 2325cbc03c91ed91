//! Conversations and what was said in them.

use rusqlite::{Connection, OptionalExtension, Result, Row, named_params, params};

use super::row::{count, count_column, millis, parse, timestamp, turn, turn_column, word};
use crate::relay::conversation::{Closed, Conversation, Key, Side};
use crate::relay::store::{History, HistoryQuery, KeptTurn, Said};
use crate::types::{Kind, Message, Timestamp};

/// How many rows of history one step of the broom takes.
const SWEEP_STEP: u32 = 1_000;

pub(super) fn load(c: &Connection, key: &Key) -> Result<Option<Conversation>> {
    c.prepare_cached(
        "SELECT turns, turn_limit, last_at, closed_by FROM conversation
         WHERE conversation_id = ?1 AND low_id = ?2 AND high_id = ?3",
    )?
    .query_row(
        [key.id.as_str(), key.low.as_str(), key.high.as_str()],
        |row| read_conversation(row, 0),
    )
    .optional()
}

/// Reads a conversation from the columns that begin at `first`.
///
/// What the other side knows of an `end` is not kept: after a restart it has another connection,
/// on which it may reopen.
fn read_conversation(row: &Row<'_>, first: usize) -> Result<Conversation> {
    let closed_by: Option<String> = row.get(first + 3)?;
    let closed = match closed_by {
        None => None,
        Some(_) => Some(Closed {
            by: word(row, first + 3, &[Side::Low, Side::High], side_word)?,
            told: None,
            crossing: None,
        }),
    };
    Ok(Conversation {
        turns: count(row, first)?,
        limit: turn(row, first + 1)?,
        last: timestamp(row, first + 2)?,
        closed,
    })
}

pub(super) fn keep(c: &Connection, kept: &KeptTurn) -> Result<()> {
    let (key, conversation, message) = (&kept.key, &kept.conversation, &kept.message);
    c.prepare_cached(
        "INSERT INTO conversation
            (conversation_id, low_id, high_id, turns, turn_limit, last_at, closed_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET turns = excluded.turns, turn_limit = excluded.turn_limit,
            last_at = excluded.last_at, closed_by = excluded.closed_by",
    )?
    .execute(params![
        key.id.as_str(),
        key.low.as_str(),
        key.high.as_str(),
        count_column(conversation.turns),
        turn_column(conversation.limit),
        millis(conversation.last),
        conversation.closed.map(|closed| side_word(closed.by)),
    ])?;
    c.prepare_cached(
        "INSERT INTO history
            (conversation_id, low_id, high_id, message_id, from_id, kind, content, turn, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        key.id.as_str(),
        key.low.as_str(),
        key.high.as_str(),
        message.id.as_str(),
        message.from.as_str(),
        message.kind.as_str(),
        message.content,
        turn_column(message.turn),
        millis(kept.at),
    ])?;
    Ok(())
}

pub(super) fn history(c: &Connection, query: &HistoryQuery) -> Result<Option<History>> {
    let participant = query.participant.as_ref().map(|id| id.as_str());
    let found = c
        .prepare_cached(
            "SELECT low_id, high_id, turns, turn_limit, last_at, closed_by FROM conversation
             WHERE conversation_id = :id
                AND (:who IS NULL OR :who IN (low_id, high_id))
                AND (:peer IS NULL OR :peer IN (low_id, high_id))
                AND (:who IS NOT :peer OR :who IS NULL OR low_id = high_id)
             ORDER BY last_at DESC LIMIT 1",
        )?
        .query_row(
            named_params! {
                ":id": query.id.as_str(),
                ":who": participant,
                ":peer": query.peer.as_ref().map(|id| id.as_str()),
            },
            |row| {
                let key = Key {
                    low: parse(row, 0)?,
                    high: parse(row, 1)?,
                    id: query.id.clone(),
                };
                Ok((key, read_conversation(row, 2)?))
            },
        )
        .optional()?;
    let Some((key, conversation)) = found else {
        return Ok(None);
    };
    let total: u32 = c
        .prepare_cached(
            "SELECT count(*) FROM history
             WHERE conversation_id = ?1 AND low_id = ?2 AND high_id = ?3",
        )?
        .query_row(
            [key.id.as_str(), key.low.as_str(), key.high.as_str()],
            |row| row.get(0),
        )?;
    Ok(Some(History {
        messages: latest(c, &key, query)?,
        key,
        conversation,
        total: u64::from(total),
    }))
}

fn latest(c: &Connection, key: &Key, query: &HistoryQuery) -> Result<Vec<Said>> {
    let mut select = c.prepare_cached(
        "SELECT message_id, from_id, kind, content, turn, at FROM history
             WHERE conversation_id = ?1 AND low_id = ?2 AND high_id = ?3
             ORDER BY row DESC LIMIT ?4",
    )?;
    let ids = [key.id.as_str(), key.low.as_str(), key.high.as_str()];
    let mut rows = select.query_map(params![ids[0], ids[1], ids[2], query.last], |row| {
        read_said(row, key)
    })?;
    let mut said: Vec<Said> = Vec::new();
    let mut bytes = 0_usize;
    while let Some(next) = rows.next().transpose()? {
        bytes = bytes.saturating_add(next.message.content.len());
        if bytes > query.bytes && !said.is_empty() {
            break;
        }
        said.push(next);
    }
    said.reverse();
    Ok(said)
}

fn read_said(row: &Row<'_>, key: &Key) -> Result<Said> {
    let from = parse(row, 1)?;
    let to = match key.side(&from) {
        Side::Low => key.high.clone(),
        Side::High => key.low.clone(),
    };
    Ok(Said {
        message: Message {
            id: parse(row, 0)?,
            from,
            to,
            kind: word(row, 2, &Kind::ALL, Kind::as_str)?,
            content: row.get(3)?,
            conversation: Some(key.id.clone()),
            turn: turn(row, 4)?,
            max_turns: None,
        },
        at: timestamp(row, 5)?,
    })
}

/// Deletes some of what is older than `since`, and says how many rows that were.
pub(super) fn forget_some(c: &Connection, since: Timestamp) -> Result<usize> {
    let since = millis(since);
    let history = c
        .prepare_cached(
            "DELETE FROM history WHERE row IN (SELECT row FROM history WHERE at < ?1 LIMIT ?2)",
        )?
        .execute(params![since, SWEEP_STEP])?;
    let conversations = c
        .prepare_cached(
            "DELETE FROM conversation WHERE (conversation_id, low_id, high_id) IN
                (SELECT conversation_id, low_id, high_id FROM conversation
                 WHERE last_at < ?1 LIMIT ?2)",
        )?
        .execute(params![since, SWEEP_STEP])?;
    Ok(history + conversations)
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Low => "low",
        Side::High => "high",
    }
}
