//! Mailboxes.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::row::{
    count, count_column, millis, parse, parse_optional, timestamp, turn, turn_column, word,
};
use crate::fault::{self, Point};
use crate::relay::store::{Enqueued, MailName, MailRow, MailboxRoom, Stock, StoredMail, Waiting};
use crate::types::{AgentId, Kind, Message};
use crate::wire::frame::EndReason;

const END_REASONS: [EndReason; 3] = [
    EndReason::MaxTurns,
    EndReason::Ttl,
    EndReason::ParticipantEnded,
];

pub(super) fn enqueue(c: &Connection, mail: &StoredMail, room: MailboxRoom) -> Result<Enqueued> {
    let message = &mail.message;
    if is_waiting(c, message)? {
        return Ok(Enqueued::Stored);
    }
    if !has_room(c, message, room)? {
        return Ok(Enqueued::Full);
    }
    c.prepare_cached(
        "INSERT INTO mail (to_id, from_id, message_id, kind, content, conversation_id, turn,
            max_turns, received_at, sequence, ends, may_repeat)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        message.to.as_str(),
        message.from.as_str(),
        message.id.as_str(),
        message.kind.as_str(),
        message.content,
        message.conversation.as_ref().map(|id| id.as_str()),
        turn_column(message.turn),
        turn_column(message.max_turns),
        millis(mail.received_at),
        count_column(mail.sequence),
        mail.ends.map(EndReason::as_str),
        mail.may_repeat,
    ])?;
    fault::point(Point::MailWritten);
    Ok(Enqueued::Stored)
}

fn is_waiting(c: &Connection, message: &Message) -> Result<bool> {
    c.prepare_cached("SELECT 1 FROM mail WHERE to_id = ?1 AND from_id = ?2 AND message_id = ?3")?
        .exists([
            message.to.as_str(),
            message.from.as_str(),
            message.id.as_str(),
        ])
}

fn has_room(c: &Connection, message: &Message, room: MailboxRoom) -> Result<bool> {
    // Answered by the index `mail_room` alone.
    let (own, others) = c
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE from_id = ?2), count(*) FILTER (WHERE from_id <> ?2),
                 coalesce(sum(octet_length(content)) FILTER (WHERE from_id = ?2), 0),
                 coalesce(sum(octet_length(content)) FILTER (WHERE from_id <> ?2), 0)
             FROM mail INDEXED BY mail_room WHERE to_id = ?1",
        )?
        .query_row([message.to.as_str(), message.from.as_str()], |row| {
            let stock = |messages, bytes| {
                Ok::<_, rusqlite::Error>(Stock {
                    messages: row.get(messages)?,
                    bytes: row.get(bytes)?,
                })
            };
            Ok((stock(0, 2)?, stock(1, 3)?))
        })?;
    Ok(room.takes(own, others))
}

pub(super) fn waiting(c: &Connection, agent: &AgentId) -> Result<Vec<Waiting>> {
    c.prepare_cached(
        "SELECT row, from_id, message_id FROM mail WHERE to_id = ?1 ORDER BY sequence, row",
    )?
    .query_map([agent.as_str()], |row| {
        Ok(Waiting {
            row: MailRow(row.get(0)?),
            name: MailName {
                from: parse(row, 1)?,
                id: parse(row, 2)?,
            },
        })
    })?
    .collect()
}

pub(super) fn load(c: &Connection, rows: &[MailRow]) -> Result<Vec<StoredMail>> {
    let mut select = c.prepare_cached(
        "SELECT message_id, from_id, to_id, kind, content, conversation_id, turn, max_turns,
                received_at, sequence, ends, may_repeat
         FROM mail WHERE row = ?1",
    )?;
    let mut found = Vec::with_capacity(rows.len());
    for MailRow(row) in rows {
        found.extend(select.query_row([row], read_mail).optional()?);
    }
    Ok(found)
}

fn read_mail(row: &Row<'_>) -> Result<StoredMail> {
    let ends: Option<String> = row.get(10)?;
    let ends = match ends {
        Some(_) => Some(word(row, 10, &END_REASONS, EndReason::as_str)?),
        None => None,
    };
    Ok(StoredMail {
        message: Message {
            id: parse(row, 0)?,
            from: parse(row, 1)?,
            to: parse(row, 2)?,
            kind: word(row, 3, &Kind::ALL, Kind::as_str)?,
            content: row.get(4)?,
            conversation: parse_optional(row, 5)?,
            turn: turn(row, 6)?,
            max_turns: turn(row, 7)?,
        },
        received_at: timestamp(row, 8)?,
        sequence: count(row, 9)?,
        ends,
        may_repeat: row.get(11)?,
    })
}

pub(super) fn remove(c: &Connection, agent: &AgentId, names: &[MailName]) -> Result<()> {
    let mut delete =
        c.prepare_cached("DELETE FROM mail WHERE to_id = ?1 AND from_id = ?2 AND message_id = ?3")?;
    for name in names {
        delete.execute([agent.as_str(), name.from.as_str(), name.id.as_str()])?;
    }
    fault::point(Point::MailDeleted);
    Ok(())
}

pub(super) fn mark_may_repeat(c: &Connection, agent: &AgentId, names: &[MailName]) -> Result<()> {
    let mut mark = c.prepare_cached(
        "UPDATE mail SET may_repeat = 1 WHERE to_id = ?1 AND from_id = ?2 AND message_id = ?3",
    )?;
    for name in names {
        mark.execute([agent.as_str(), name.from.as_str(), name.id.as_str()])?;
    }
    Ok(())
}
