//! A message as its author meant it, apart from any hop that carries it.
//!
//! Time of signing, nonce and signature belong to a hop and live in `wire`: a message that waits
//! and is signed again is still this same message.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{AgentId, ConversationId, MessageId};

/// What one agent says to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The author's name for it.
    pub id: MessageId,
    /// The author.
    pub from: AgentId,
    /// The receiver.
    pub to: AgentId,
    /// What it is for.
    pub kind: Kind,
    /// The text, exactly as it came; empty for kinds that carry none.
    pub content: String,
    /// The conversation; absent where version 1 sent the empty one.
    pub conversation: Option<ConversationId>,
    /// The author's own count of turns; data, never trusted.
    pub turn: Option<TurnNumber>,
    /// The author's wish for the conversation's limit, on its first message.
    pub max_turns: Option<TurnNumber>,
}

/// A turn number or a limit on turns: a positive integer.
pub type TurnNumber = NonZeroU64;

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something said.
    Text,
    /// The author is writing; live only.
    Typing,
    /// The author has read; live only.
    ReadReceipt,
    /// The author closes the conversation.
    End,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 4] = [Kind::Text, Kind::Typing, Kind::ReadReceipt, Kind::End];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Typing => "typing",
            Kind::ReadReceipt => "read_receipt",
            Kind::End => "end",
        }
    }

    /// Whether it is stored, acknowledged and redelivered; the others live only for the moment.
    pub fn is_lasting(self) -> bool {
        match self {
            Kind::Text | Kind::End => true,
            Kind::Typing | Kind::ReadReceipt => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

/// Which way a message goes, seen from this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a peer to this agent.
    Inbound,
    /// From this agent to a peer.
    Outbound,
}

impl Direction {
    /// The word in configuration, logs and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
