//! Conversations: turns, ends and who may speak again. Pure; `book` holds them.
//!
//! A conversation is an unordered pair of agents and an id, so no third agent can use it up or
//! close it. Its turns count by episode, which 30 minutes without an accepted message end; at the
//! limit everything is refused until then. `end` closes it for its sender. The other side reopens
//! it, but not with what crossed the `end`: with a message taken in more than 10 s after it was
//! told, or on its next connection.

use std::time::Duration;

use crate::types::{AgentId, ConversationId, Kind, Message, Timestamp, TurnNumber};
use crate::wire::frame::EndReason;

pub(super) mod book;

/// How long a conversation may be silent before its episode is over.
pub(super) const EPISODE_IDLE: Duration = Duration::from_secs(30 * 60);

/// How long after it was told of an `end` the other side may still be answering what came before.
const CROSSING: Duration = Duration::from_secs(10);

/// Names one connection of this relay, for as long as the relay runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ConnectionId(pub(super) u64);

/// How a message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// Over this connection.
    Connection(ConnectionId),
    /// By a REST call.
    Request,
}

/// Names one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The agent whose id sorts first.
    pub(super) low: AgentId,
    /// The other.
    pub(super) high: AgentId,
    /// The id that the two use.
    pub(super) id: ConversationId,
}

/// One of the two agents of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The one whose id sorts first.
    Low,
    /// The other.
    High,
}

impl Key {
    /// The conversation of `one` and `other` under `id`.
    pub(super) fn new(one: &AgentId, other: &AgentId, id: &ConversationId) -> Self {
        let (low, high) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        Self {
            low: low.clone(),
            high: high.clone(),
            id: id.clone(),
        }
    }

    /// The conversation that `message` belongs to, if it names one.
    pub(super) fn of(message: &Message) -> Option<Self> {
        let id = message.conversation.as_ref()?;
        Some(Self::new(&message.from, &message.to, id))
    }

    /// Which side `agent` is.
    pub(super) fn side(&self, agent: &AgentId) -> Side {
        if *agent == self.low {
            Side::Low
        } else {
            Side::High
        }
    }
}

/// How a conversation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conversation {
    /// Turns of this episode.
    pub(super) turns: u64,
    /// The episode's limit.
    pub(super) limit: Option<TurnNumber>,
    /// When the last message was accepted.
    pub(super) last: Timestamp,
    /// Who closed it, and what the other side knows of that.
    pub(super) closed: Option<Closed>,
}

/// An `end` that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed {
    /// Who sent it.
    pub(super) by: Side,
    /// When the other side was told, on the connection it still has.
    pub(super) told: Option<Timestamp>,
    /// The other side's connection at that time.
    pub(super) crossing: Option<ConnectionId>,
}

/// Whether a message may go on with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may.
    Open,
    /// It may not.
    Ended,
}

/// What of a message matters to its conversation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// Who speaks.
    pub(super) from: Side,
    /// What it is.
    pub(super) kind: Kind,
    /// How it came in.
    pub(super) via: Via,
    /// The author's wish for the limit.
    pub(super) wish: Option<TurnNumber>,
    /// The other side's connection now.
    pub(super) other: Option<ConnectionId>,
}

impl Conversation {
    /// A conversation in which nothing was said yet.
    pub(super) fn fresh() -> Self {
        Self {
            turns: 0,
            limit: None,
            last: Timestamp::default(),
            closed: None,
        }
    }

    /// Whether `turn` may be taken in.
    pub(super) fn standing(&self, turn: &Turn, now: Timestamp) -> Standing {
        if self.is_idle(now) {
            return Standing::Open;
        }
        if self.is_used_up() {
            return Standing::Ended;
        }
        match &self.closed {
            Some(closed) if !closed.is_reopened_by(turn, now) => Standing::Ended,
            Some(_) | None => Standing::Open,
        }
    }

    /// Takes in `turn`, whose standing is open; says so if that finishes the conversation.
    /// `max_turns` is the relay's own limit, 0 for none.
    pub(super) fn accept(
        &mut self,
        turn: &Turn,
        max_turns: u32,
        now: Timestamp,
    ) -> Option<EndReason> {
        if self.is_idle(now) {
            *self = Self {
                limit: lower(turn.wish, TurnNumber::new(u64::from(max_turns))),
                ..Self::fresh()
            };
        }
        self.last = now;
        self.closed = None;
        match turn.kind {
            Kind::End => {
                self.closed = Some(Closed {
                    by: turn.from,
                    told: None,
                    crossing: turn.other,
                });
                Some(EndReason::ParticipantEnded)
            }
            Kind::Text => {
                self.turns += 1;
                self.is_used_up().then_some(EndReason::MaxTurns)
            }
            Kind::Typing | Kind::ReadReceipt => None,
        }
    }

    /// Notes that `side` was told of the other's `end`.
    pub(super) fn told(&mut self, side: Side, now: Timestamp) {
        if let Some(closed) = &mut self.closed
            && closed.by != side
            && closed.told.is_none()
        {
            closed.told = Some(now);
        }
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        now.since(self.last) >= EPISODE_IDLE
    }

    fn is_used_up(&self) -> bool {
        self.limit.is_some_and(|limit| self.turns >= limit.get())
    }
}

impl Closed {
    fn is_reopened_by(&self, turn: &Turn, now: Timestamp) -> bool {
        if turn.from == self.by {
            return false;
        }
        let later = match turn.via {
            Via::Connection(connection) => self.crossing != Some(connection),
            Via::Request => self.crossing.is_none(),
        };
        later || self.told.is_some_and(|told| now.since(told) > CROSSING)
    }
}

fn lower(one: Option<TurnNumber>, other: Option<TurnNumber>) -> Option<TurnNumber> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
