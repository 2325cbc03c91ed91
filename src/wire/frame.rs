//! The frames: one JSON object in each WebSocket text frame, read and written here and nowhere
//! else.
//!
//! Reading gives a value in which every field is checked, or a [`FrameError`] that names the code
//! and, where it can be told, the message. It never quotes content. Writing gives text; the order
//! of fields is version 1's.

#[cfg(any(test, feature = "fuzz"))]
pub(super) mod property;
mod read;
mod write;

use crate::types::{
    AgentId, ConversationId, ErrorCode, Message, MessageId, Nonce, Secret, Timestamp,
};

pub use read::read;
pub use write::{MessageText, write_message};

/// One frame, whichever side sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The relay opens the session.
    Session(SessionFrame),
    /// A message, signed for this hop.
    Message(Box<MessageFrame>),
    /// The relay says what became of a message.
    Status(StatusFrame),
    /// The relay refuses something.
    Error(ErrorFrame),
    /// The relay says that a conversation is over.
    ConversationEnded(ConversationEnded),
    /// The receiver's decision on a message is committed.
    Ack(Ack),
    /// A sign of life that asks for one.
    Ping,
    /// The answer to a ping.
    Pong,
    /// A type that this version does not know, to be ignored.
    Unknown(String),
}

/// A message with the signing that brought it over this hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFrame {
    /// The message itself, unverified.
    pub message: Message,
    /// When this hop signed it.
    pub timestamp: Timestamp,
    /// What makes this signing unique.
    pub nonce: Nonce,
    /// The signature as it came.
    pub signature: String,
    /// When the relay wrote it to the receiver.
    pub delivered_at: Option<Timestamp>,
    /// When the relay took it in; only from a relay that knows `ack`.
    pub received_at: Option<Timestamp>,
}

/// The first frame of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFrame {
    /// The key, or what it is derived from.
    pub key: KeyOffer,
    /// Seconds; said for version 1's sake, never enforced.
    pub expires_in: u64,
    /// The extensions that the relay will use; absent from a version 1 relay.
    pub features: Option<Features>,
}

/// How a session frame brings the session's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOffer {
    /// The key itself (version 1).
    Key(Secret),
    /// The salt from which both sides derive it (`sig2`).
    Salt(String),
}

/// Extensions of version 1, announced by both sides before either uses one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    /// The receiver acknowledges what it has committed.
    pub ack: bool,
    /// Signatures cover length-prefixed fields under a derived key.
    pub sig2: bool,
}

impl Features {
    /// All that this version knows.
    pub const OURS: Features = Features {
        ack: true,
        sig2: true,
    };

    /// Reads a list of names, as in the connect header; strangers are passed over.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut features = Features::default();
        for name in names {
            match name.trim() {
                "ack" => features.ack = true,
                "sig2" => features.sig2 = true,
                _ => {}
            }
        }
        features
    }

    /// The names, in the protocol's order.
    pub fn names(self) -> Vec<&'static str> {
        [(self.ack, "ack"), (self.sig2, "sig2")]
            .into_iter()
            .filter_map(|(used, name)| used.then_some(name))
            .collect()
    }
}

/// What became of a message, said to its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusFrame {
    /// The message.
    pub message_id: MessageId,
    /// What became of it.
    pub status: Status,
    /// A word on why.
    pub note: Option<String>,
}

/// What a relay can say of a message that it did not refuse itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The receiver has it.
    Sent,
    /// The relay keeps it for the receiver.
    Queued,
    /// The receiver refused it.
    Rejected,
}

impl Status {
    const ALL: [Status; 3] = [Status::Sent, Status::Queued, Status::Rejected];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Sent => "sent",
            Status::Queued => "queued",
            Status::Rejected => "rejected",
        }
    }
}

/// A refusal by the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorFrame {
    /// The code; as text where this version does not know it.
    pub code: Result<ErrorCode, String>,
    /// A sentence for a person.
    pub message: String,
    /// The message it is about; version 1 never says.
    pub message_id: Option<MessageId>,
    /// A word on why, such as `mailbox_full`.
    pub note: Option<String>,
}

/// A conversation is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationEnded {
    /// Which.
    pub conversation: ConversationId,
    /// With whom; only from a relay that uses features with us. An id alone may name
    /// conversations with several agents.
    pub peer: Option<AgentId>,
    /// Why.
    pub reason: EndReason,
}

/// Why a conversation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// It reached its limit of turns.
    MaxTurns,
    /// It was idle for too long.
    Ttl,
    /// A participant closed it.
    ParticipantEnded,
}

impl EndReason {
    const ALL: [EndReason; 3] = [
        EndReason::MaxTurns,
        EndReason::Ttl,
        EndReason::ParticipantEnded,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            EndReason::MaxTurns => "max_turns",
            EndReason::Ttl => "ttl",
            EndReason::ParticipantEnded => "participant_ended",
        }
    }
}

/// The receiver's word that its decision on a message is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The message's id.
    pub message_id: MessageId,
    /// Its author.
    pub from: AgentId,
    /// What was decided.
    pub outcome: AckOutcome,
}

/// What a receiver decided on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckOutcome {
    /// It is kept: delivered, waiting or held.
    Accepted,
    /// It will never be taken.
    Refused,
}

impl AckOutcome {
    const ALL: [AckOutcome; 2] = [AckOutcome::Accepted, AckOutcome::Refused];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            AckOutcome::Accepted => "accepted",
            AckOutcome::Refused => "refused",
        }
    }
}

impl std::str::FromStr for AckOutcome {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        AckOutcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or(())
    }
}

/// Why a text is no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct FrameError {
    /// The code that the sender is told.
    pub code: ErrorCode,
    /// One sentence; it names fields, never their values.
    pub reason: String,
    /// The message it is about, where that much could be read.
    pub message_id: Option<MessageId>,
}

#[cfg(test)]
mod tests;
