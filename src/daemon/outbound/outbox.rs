//! The outbox: every message drafted, its state, and what the relay said. The only maker of an
//! [`Admitted`] message that goes to the link.

mod asked;
mod expiry;
pub(in crate::daemon) mod held;
mod rows;

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::watch;

use super::settle::{Again, Attempts, Settlement, Word};
use crate::clock::Clock;
use crate::daemon::dialogue;
use crate::daemon::rows::{EMPTIED, RowId, maybe_parsed, parsed, turn};
use crate::daemon::story::{self, About, Entry, Events};
use crate::daemon::view::OutboxMessage;
use crate::db::{Database, DbError};
use crate::fault::{self, Point};
use crate::types::{AgentId, Direction, Message, Timestamp};

pub(in crate::daemon) use asked::mark_unheard;
pub(in crate::daemon) use rows::{NewRow, RowState, by_key, insert};

/// A handle on the outbox. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Outbox {
    db: Database,
    events: Events,
    clock: Clock,
    changed: Arc<watch::Sender<u64>>,
}

/// An admitted message that waits for the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Admitted {
    row: RowId,
    message: Message,
    attempts: Attempts,
}

/// What is ready to be sent, and when to look again if nothing else happens.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Ready {
    pub(in crate::daemon) messages: Vec<Admitted>,
    pub(in crate::daemon) next_at: Option<Timestamp>,
}

impl Outbox {
    pub(in crate::daemon) fn new(db: Database, events: Events, clock: Clock) -> Self {
        Self {
            db,
            events,
            clock,
            changed: Arc::new(watch::Sender::new(0)),
        }
    }

    /// Up to `limit` messages that may go now, the oldest first, but for those in `unsettled`. A
    /// message that waits to go again keeps back all others to its receiver.
    pub(in crate::daemon) async fn ready(
        &self,
        limit: usize,
        unsettled: HashSet<RowId>,
    ) -> Result<Ready, DbError> {
        let now = self.clock.now();
        self.db
            .read(move |connection| ready(connection, limit, &unsettled, now))
            .await
    }

    /// Writes what the relay's word did to a message that waited.
    pub(in crate::daemon) async fn settle(
        &self,
        row: RowId,
        settlement: Settlement,
    ) -> Result<(), DbError> {
        let now = self.clock.now();
        let entry = self
            .db
            .write(move |connection| settle(connection, row, &settlement, now))
            .await?;
        fault::point(Point::ReceiptCommitted);
        self.events.tell_all(entry.into_iter().collect());
        Ok(())
    }

    /// Tells the link that there may be something to send.
    pub(in crate::daemon) fn wake(&self) {
        self.changed
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// A receiver that changes whenever there may be something to send.
    pub(in crate::daemon) fn wakes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The newest `limit` messages, or of those before `before`, the oldest of them first.
    pub(in crate::daemon) async fn list(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<OutboxMessage>, DbError> {
        self.db
            .read(move |connection| rows::list(connection, before, limit))
            .await
    }
}

impl Admitted {
    /// Its row.
    pub(in crate::daemon) fn row(&self) -> RowId {
        self.row
    }

    /// The message, with the content that the policies left.
    pub(in crate::daemon) fn message(&self) -> &Message {
        &self.message
    }

    /// What is known of its attempts so far.
    pub(in crate::daemon) fn attempts(&self) -> Attempts {
        self.attempts
    }
}

/// Refuses all that waits or is held for `peer`, and gives the story of each.
pub(in crate::daemon) fn refuse_all_to(
    connection: &Connection,
    peer: &AgentId,
    now: Timestamp,
    why: &str,
) -> rusqlite::Result<Vec<Entry>> {
    let refused: Vec<About> = connection
        .prepare_cached(&format!(
            "UPDATE outbox SET state = 'refused', reason = ?2, settled_at = ?3, {EMPTIED}
             WHERE recipient = ?1 AND state IN ('queued', 'held')
             RETURNING author, recipient, id, conversation",
        ))?
        .query_map(params![peer.as_str(), why, now.as_millis()], about)?
        .collect::<rusqlite::Result<_>>()?;
    tell_refused(connection, &refused, now, why)
}

/// Refuses all that waits or is held of another agent than `me`: this daemon was that agent before,
/// and nobody takes a message from it any more. They keep their text, so that it can be sent again by
/// hand. Rows of a time in which the author was not written
/// down are `before`'s.
pub(in crate::daemon) fn refuse_all_of_others(
    connection: &Connection,
    me: &AgentId,
    before: &AgentId,
    now: Timestamp,
) -> rusqlite::Result<Vec<Entry>> {
    connection.execute(
        "UPDATE outbox SET author = ?1 WHERE author = ''",
        [before.as_str()],
    )?;
    let why = format!("it was drafted as another agent; this agent is {me} now");
    let refused: Vec<About> = connection
        .prepare_cached(
            "UPDATE outbox SET state = 'refused', reason = ?2, settled_at = ?3
             WHERE author <> ?1 AND state IN ('queued', 'held')
             RETURNING author, recipient, id, conversation",
        )?
        .query_map(params![me.as_str(), why, now.as_millis()], about)?
        .collect::<rusqlite::Result<_>>()?;
    tell_refused(connection, &refused, now, &why)
}

fn tell_refused(
    connection: &Connection,
    refused: &[About],
    now: Timestamp,
    why: &str,
) -> rusqlite::Result<Vec<Entry>> {
    refused
        .iter()
        .map(|about| story::write(connection, about, now, "refused", Some(why.to_owned())))
        .collect()
}

/// What may be sent, now or later.
const LIVE: &str = "state = 'queued' AND queued_at > ?2";

fn ready(
    connection: &Connection,
    limit: usize,
    unsettled: &HashSet<RowId>,
    now: Timestamp,
) -> rusqlite::Result<Ready> {
    let too_old = expiry::too_old(now).as_millis();
    let messages = connection
        .prepare_cached(&format!(
            "SELECT * FROM outbox WHERE {LIVE} AND recipient NOT IN (
                 SELECT recipient FROM outbox WHERE {LIVE} AND next_attempt_at > ?1)
             ORDER BY row LIMIT ?3"
        ))?
        .query_map(
            params![now.as_millis(), too_old, limit + unsettled.len()],
            admitted,
        )?
        .filter(|message| !matches!(message, Ok(known) if unsettled.contains(&known.row)))
        .take(limit)
        .collect::<rusqlite::Result<_>>()?;
    let next_at: Option<u64> = connection
        .prepare_cached(&format!(
            "SELECT min(next_attempt_at) FROM outbox WHERE {LIVE} AND next_attempt_at > ?1"
        ))?
        .query_row([now.as_millis(), too_old], |row| row.get(0))?;
    Ok(Ready {
        messages,
        next_at: next_at.map(Timestamp::from_millis),
    })
}

fn admitted(row: &Row<'_>) -> rusqlite::Result<Admitted> {
    Ok(Admitted {
        row: RowId(row.get("row")?),
        message: Message {
            id: parsed(row, "id")?,
            from: parsed(row, "author")?,
            to: parsed(row, "recipient")?,
            kind: parsed(row, "kind")?,
            content: row.get("admitted")?,
            conversation: Some(parsed(row, "conversation")?),
            turn: turn(row, "turn")?,
            max_turns: turn(row, "max_turns")?,
        },
        attempts: Attempts {
            count: row.get("attempts")?,
            last: maybe_parsed(row, "last_word")?,
        },
    })
}

fn settle(
    connection: &Connection,
    row: RowId,
    settlement: &Settlement,
    now: Timestamp,
) -> rusqlite::Result<Option<Entry>> {
    let (state, what, detail) = match settlement {
        Settlement::Sent => (RowState::Sent, "sent", None),
        Settlement::AtRelay => (RowState::AtRelay, "at_relay", None),
        Settlement::Refused(why) | Settlement::ConversationEnded(why) => {
            (RowState::Refused, "refused", Some(why))
        }
        Settlement::Again(again) => (RowState::Queued, "retry", Some(&again.why)),
    };
    let again = again(settlement);
    let about = connection
        .prepare_cached(
            "UPDATE outbox SET state = ?2, reason = ?3, next_attempt_at = ?4,
                 last_word = coalesce(?5, last_word), may_repeat = may_repeat OR ?6,
                 attempts = attempts + 1, settled_at = ?7, asked = 0
             WHERE row = ?1 AND state = 'queued' RETURNING author, recipient, id, conversation",
        )?
        .query_row(
            params![
                row.0,
                state.as_str(),
                detail,
                again.map(|again| (now + again.after).as_millis()),
                again.and_then(|again| again.word).map(Word::as_str),
                again.is_some_and(|again| again.may_repeat),
                state.stage().settled_at(now),
            ],
            about,
        )
        .optional()?;
    let Some(about) = about else {
        return Ok(None);
    };
    if let Settlement::ConversationEnded(why) = settlement {
        dialogue::end(connection, &about.peer, &about.conversation, now, why)?;
    }
    let entry = story::write(connection, &about, now, what, detail.cloned())?;
    fault::point(Point::ReceiptWritten);
    Ok(Some(entry))
}

fn again(settlement: &Settlement) -> Option<&Again> {
    match settlement {
        Settlement::Again(again) => Some(again),
        Settlement::Sent
        | Settlement::AtRelay
        | Settlement::Refused(_)
        | Settlement::ConversationEnded(_) => None,
    }
}

fn about(row: &Row<'_>) -> rusqlite::Result<About> {
    Ok(About {
        direction: Direction::Outbound,
        id: parsed(row, "id")?,
        author: parsed(row, "author")?,
        peer: parsed(row, "recipient")?,
        conversation: parsed(row, "conversation")?,
    })
}

#[cfg(test)]
mod tests;
