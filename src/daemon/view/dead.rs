//! Of what the daemon shows: what was given up, and what became of it by a person's word.

use serde::Serialize;

use crate::policy::Annotation;
use crate::types::{AgentId, ConversationId, Kind, MessageId, Timestamp, Trust};

/// A message that was given up; `GET /dead`.
#[derive(Debug, Clone, Serialize)]
pub struct DeadMessage {
    /// What its author calls it.
    pub message_id: MessageId,
    /// Its author.
    pub from: AgentId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// What it is for.
    pub kind: Kind,
    /// The text as the policies left it; as it came, where they were not asked.
    pub content: String,
    /// How far its author was trusted when it came.
    pub trust: Trust,
    /// When the relay took it in, or when the link read it.
    pub received_at: Timestamp,
    /// When it was given up.
    pub dead_since: Timestamp,
    /// Why, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often the gateway was asked in vain.
    pub attempts: u32,
    /// Whether it may have reached the agent all the same.
    pub may_repeat: bool,
    /// What host and policies said about it.
    pub annotations: Vec<Annotation>,
}

/// What became of a dead letter by a person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadAnswer {
    /// Always true.
    pub ok: bool,
    /// What its author calls it.
    pub message_id: MessageId,
    /// Its author.
    pub from: AgentId,
    /// Where it is now: `waiting` or `dropped`; where the policies were asked, also `noted`, `held`
    /// or `refused`.
    pub state: &'static str,
    /// Why it is there, where it does not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a person's word on a dead letter changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadRefusal {
    /// No message has this id.
    NotFound,
    /// It was not given up; the word says where it is.
    NotDead(String),
    /// These authors' messages of that name were given up; the caller has to name one.
    Ambiguous(Vec<AgentId>),
    /// Its author is blocked, so it cannot be tried again.
    Blocked(AgentId),
}
