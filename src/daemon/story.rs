//! What happened to each message: written in the transaction in which it happens, told to whoever
//! listens once that transaction is on disk.

use rusqlite::{Connection, params};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::meter::Meter;
use super::view::{Event, StoryEvent};
use crate::types::{AgentId, ConversationId, Direction, MessageId, Timestamp};

/// How many events a slow listener may fall behind before it misses some and is told so.
const BACKLOG: usize = 1024;

/// Tells events to whoever listens, and has the meter count them. Cheap to clone; never waits for a
/// listener.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    sender: broadcast::Sender<Event>,
    meter: Meter,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            meter: Meter::default(),
        }
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    /// What counts what happens.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listening is the usual case, not a failure.
        let _ = self.sender.send(event);
    }

    pub(crate) fn tell_all(&self, entries: Vec<Entry>) {
        for entry in entries {
            self.meter.step(entry.about.direction, entry.what, entry.at);
            self.tell(entry.into_event());
        }
    }
}

/// Waits until a message came into one of `states`, or until so much happened that one may have been
/// missed.
pub(crate) async fn until_one_is(states: &[&str], events: &mut broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Message { what, .. }) if states.contains(&what.as_str()) => return,
            Err(RecvError::Lagged(_)) => return,
            Ok(
                Event::Message { .. }
                | Event::Live { .. }
                | Event::Link { .. }
                | Event::Gateway { .. }
                | Event::PolicyReload { .. }
                | Event::Trust { .. },
            ) => {}
            // The daemon is ending; the task is stopped from outside.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// The names under which a message's story is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) direction: Direction,
    pub(crate) id: MessageId,
    pub(crate) author: AgentId,
    /// The other agent: the author inbound, the receiver outbound.
    pub(crate) peer: AgentId,
    pub(crate) conversation: ConversationId,
}

/// One thing that happened to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    about: About,
    at: Timestamp,
    what: &'static str,
    detail: Option<String>,
}

impl Entry {
    fn into_event(self) -> Event {
        Event::Message {
            direction: self.about.direction,
            message_id: self.about.id,
            peer: self.about.peer,
            conversation_id: self.about.conversation,
            what: self.what.to_owned(),
            detail: self.detail,
            at: self.at,
        }
    }
}

/// Writes that `what` happened and gives the entry to tell once it is committed.
pub(crate) fn write(
    connection: &Connection,
    about: &About,
    at: Timestamp,
    what: &'static str,
    detail: Option<String>,
) -> rusqlite::Result<Entry> {
    connection
        .prepare_cached(
            "INSERT INTO story (direction, author, id, at, what, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            about.direction.as_str(),
            about.author.as_str(),
            about.id.as_str(),
            at.as_millis(),
            what,
            detail,
        ])?;
    Ok(Entry {
        about: about.clone(),
        at,
        what,
        detail,
    })
}

/// Everything that happened to `author`'s message `id` on that way, in order: a message to oneself
/// goes both.
pub(crate) fn read(
    connection: &Connection,
    direction: Direction,
    author: &AgentId,
    id: &MessageId,
) -> rusqlite::Result<Vec<StoryEvent>> {
    connection
        .prepare_cached(
            "SELECT at, what, detail FROM story WHERE author = ?1 AND id = ?2 AND direction = ?3
             ORDER BY seq",
        )?
        .query_map([author.as_str(), id.as_str(), direction.as_str()], |row| {
            Ok(StoryEvent {
                at: Timestamp::from_millis(row.get(0)?),
                what: row.get(1)?,
                detail: row.get(2)?,
            })
        })?
        .collect()
}
