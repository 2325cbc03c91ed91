//! The inbox: every message taken, its state, and the identity of each for as long as a repeat can
//! come. The only maker of an [`Admitted`] message that goes to the agent.

mod asked;
pub(in crate::daemon) mod dead;
pub(in crate::daemon) mod held;
mod rows;
mod waiting;

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::watch;

use super::Verified;
use crate::clock::Clock;
use crate::daemon::rows::{EMPTIED, RowId, parsed};
use crate::daemon::story::{self, About, Entry, Events};
use crate::daemon::view::InboxMessage;
use crate::db::{Database, DbError};
use crate::fault::{self, Point};
use crate::policy::Annotation;
use crate::types::{AgentId, ConversationId, Digest, Direction, MessageId, Timestamp, Trust};
use crate::wire::frame::AckOutcome;

pub(in crate::daemon) use asked::{goes_at_once, mark_unheard};
pub(in crate::daemon) use rows::{NewRow, RowState, insert, insert_unjudged};
pub(in crate::daemon) use waiting::Batch;

/// A handle on the inbox. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Inbox {
    db: Database,
    events: Events,
    clock: Clock,
    changed: Arc<watch::Sender<u64>>,
}

/// An admitted message that waits for the agent.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Admitted {
    row: RowId,
    about: About,
    content: String,
    trust: Trust,
    received_at: Timestamp,
    stored_at: Timestamp,
    annotations: Vec<Annotation>,
    reply_session: Option<String>,
    attempts: u32,
    next_attempt_at: Option<Timestamp>,
    may_repeat: bool,
}

/// What became of an attempt to hand a batch to the agent; all its messages alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Settled {
    /// The gateway admitted it.
    Delivered {
        /// The gateway's name for the run.
        run_id: Option<String>,
    },
    /// It goes again.
    Retry {
        /// How many attempts count so far.
        attempts: u32,
        /// When it goes again.
        next_attempt_at: Timestamp,
        /// Why it did not go.
        why: String,
        /// Whether this attempt may have reached the agent.
        may_repeat: bool,
    },
    /// The gateway will never take it as a whole: each of its messages goes again at once, and alone.
    Apart {
        /// Why.
        why: String,
    },
    /// It is given up, and stays visible.
    Dead {
        /// How many attempts counted in all.
        attempts: u32,
        /// Why.
        why: String,
        /// Whether the last attempt may have reached the agent.
        may_repeat: bool,
    },
}

/// What was decided on a message when it first came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct FirstOutcome {
    pub(in crate::daemon) digest: Digest,
    pub(in crate::daemon) outcome: AckOutcome,
}

impl Inbox {
    pub(in crate::daemon) fn new(db: Database, events: Events, clock: Clock) -> Self {
        Self {
            db,
            events,
            clock,
            changed: Arc::new(watch::Sender::new(0)),
        }
    }

    /// What waits for the agent: of each conversation the oldest message, at most `limit`, those
    /// first that may go the soonest, and among these the oldest.
    pub(in crate::daemon) async fn deliverable(
        &self,
        limit: usize,
    ) -> Result<Vec<Admitted>, DbError> {
        self.db
            .read(move |connection| waiting::deliverable(connection, limit))
            .await
    }

    /// The batch that the message at `head` is in, which is the oldest of its conversation that
    /// waits. Where it is in none, `together` says how many of those from it on make one, at most
    /// `most`. That, and that the gateway may be asked to take it, is on disk when this is done.
    /// Nothing where it no longer waits.
    pub(in crate::daemon) async fn bind(
        &self,
        head: RowId,
        most: usize,
        together: impl FnOnce(&[Admitted]) -> usize + Send + 'static,
    ) -> Result<Option<Batch>, DbError> {
        self.db
            .write(move |connection| waiting::bind(connection, head, most, together))
            .await
    }

    /// Writes what became of an attempt with the batch that is known by `batch`. A message that no
    /// longer waits, because a person refused its sender meanwhile, stays as that person left it.
    pub(in crate::daemon) async fn settle(
        &self,
        batch: RowId,
        settled: Settled,
    ) -> Result<(), DbError> {
        let now = self.clock.now();
        let story = self
            .db
            .write(move |connection| waiting::settle(connection, batch, &settled, now))
            .await?;
        fault::point(Point::DeliveryCommitted);
        self.events.tell_all(story);
        Ok(())
    }

    /// Measures how long the messages took that the gateway has just taken.
    pub(in crate::daemon) fn handed_over(&self, batch: &Batch) {
        let now = self.clock.now();
        for message in batch.messages() {
            let elapsed = now.since(message.stored_at());
            self.events.meter().handed_over(elapsed, now);
        }
    }

    /// Gives up the message at `row`, which is not under way, if it still waits.
    pub(in crate::daemon) async fn give_up(&self, row: RowId, why: String) -> Result<(), DbError> {
        let now = self.clock.now();
        let story = self
            .db
            .write(move |connection| waiting::give_up(connection, row, &why, now))
            .await?;
        self.events.tell_all(story);
        Ok(())
    }

    /// Tells who waits that there may be something new.
    pub(in crate::daemon) fn wake(&self) {
        self.changed
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// A receiver that changes whenever there may be something new.
    pub(in crate::daemon) fn wakes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The messages after `after`, the oldest first; without it the newest `limit`.
    pub(in crate::daemon) async fn list(
        &self,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<InboxMessage>, DbError> {
        self.db
            .read(move |connection| rows::list(connection, after, limit))
            .await
    }

    /// The newest `limit` messages before `before`, the oldest of them first.
    pub(in crate::daemon) async fn list_before(
        &self,
        before: i64,
        limit: usize,
    ) -> Result<Vec<InboxMessage>, DbError> {
        self.db
            .read(move |connection| rows::list_before(connection, before, limit))
            .await
    }
}

impl Admitted {
    /// Its row.
    pub(in crate::daemon) fn row(&self) -> RowId {
        self.row
    }

    /// What its author calls it.
    pub(in crate::daemon) fn message_id(&self) -> &MessageId {
        &self.about.id
    }

    /// Its author.
    pub(in crate::daemon) fn from(&self) -> &AgentId {
        &self.about.author
    }

    /// Its conversation.
    pub(in crate::daemon) fn conversation(&self) -> &ConversationId {
        &self.about.conversation
    }

    /// The text as the policies left it.
    pub(in crate::daemon) fn content(&self) -> &str {
        &self.content
    }

    /// How far its author was trusted when it was judged.
    pub(in crate::daemon) fn trust(&self) -> Trust {
        self.trust
    }

    /// When the relay took it in, or when the link read it.
    pub(in crate::daemon) fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// When its row was written.
    pub(in crate::daemon) fn stored_at(&self) -> Timestamp {
        self.stored_at
    }

    /// What host and policies said about it.
    pub(in crate::daemon) fn annotations(&self) -> &[Annotation] {
        &self.annotations
    }

    /// The local agent's own session to which this conversation's messages go.
    pub(in crate::daemon) fn reply_session(&self) -> Option<&str> {
        self.reply_session.as_deref()
    }

    /// How many attempts counted so far.
    pub(in crate::daemon) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When it may go again.
    pub(in crate::daemon) fn next_attempt_at(&self) -> Option<Timestamp> {
        self.next_attempt_at
    }

    /// Whether an earlier attempt may have reached the agent.
    pub(in crate::daemon) fn may_repeat(&self) -> bool {
        self.may_repeat
    }
}

/// What was decided when `id` of `from` first came, if it came within `keeping::IDENTITY_KEPT`.
pub(in crate::daemon) fn first_outcome(
    connection: &Connection,
    from: &AgentId,
    id: &MessageId,
) -> rusqlite::Result<Option<FirstOutcome>> {
    connection
        .prepare_cached("SELECT digest, outcome FROM taken WHERE sender = ?1 AND id = ?2")?
        .query_row([from.as_str(), id.as_str()], |row| {
            Ok(FirstOutcome {
                digest: Digest::from_bytes(row.get("digest")?),
                outcome: parsed(row, "outcome")?,
            })
        })
        .optional()
}

/// Keeps the identity of a message with what was decided.
pub(in crate::daemon) fn remember(
    connection: &Connection,
    verified: &Verified,
    outcome: AckOutcome,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO taken (sender, id, digest, outcome, taken_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            verified.message().from.as_str(),
            verified.message().id.as_str(),
            verified.digest().as_bytes(),
            outcome.as_str(),
            now.as_millis(),
        ])?;
    Ok(())
}

/// Refuses all that waits or is held from `peer`, and gives the story of each.
pub(in crate::daemon) fn refuse_all_from(
    connection: &Connection,
    peer: &AgentId,
    now: Timestamp,
    why: &str,
) -> rusqlite::Result<Vec<Entry>> {
    let refused: Vec<About> = connection
        .prepare_cached(&format!(
            "UPDATE inbox SET state = 'refused', reason = ?2, settled_at = ?3, {EMPTIED}
             WHERE sender = ?1 AND state IN ('waiting', 'held')
             RETURNING sender, id, conversation",
        ))?
        .query_map(params![peer.as_str(), why, now.as_millis()], about)?
        .collect::<rusqlite::Result<_>>()?;
    refused
        .iter()
        .map(|about| story::write(connection, about, now, "refused", Some(why.to_owned())))
        .collect()
}

fn about(row: &Row<'_>) -> rusqlite::Result<About> {
    let author: AgentId = parsed(row, "sender")?;
    Ok(About {
        direction: Direction::Inbound,
        id: parsed(row, "id")?,
        peer: author.clone(),
        author,
        conversation: parsed(row, "conversation")?,
    })
}
