//! Of what the daemon shows: a message as a model reads it, its text behind the fence and nowhere else.

use serde::Serialize;

use crate::policy::Step;
use crate::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};

use super::StoryEvent;

/// A message in the inbox, for a model; `GET /inbox?as=fenced`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FencedMessage {
    /// Its place in the inbox; `after` takes it.
    pub seq: i64,
    /// What its author calls it.
    pub message_id: MessageId,
    /// Its author.
    pub from: AgentId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// What it is for.
    pub kind: Kind,
    /// As in the inbox.
    pub state: String,
    /// Facts, notes, and the text behind its fence where the policies let it go to the agent.
    pub fenced: String,
    /// How many bytes the text had as it came.
    pub content_bytes: u64,
    /// How far its author was trusted when it was judged.
    pub trust: Trust,
    /// When the relay took it in, or when the link read it.
    pub received_at: Timestamp,
    /// Why it is where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often the gateway was asked in vain.
    pub attempts: u32,
}

/// Everything that is known of one message, for a model; `GET /messages/:id?as=fenced`.
#[derive(Debug, Clone, Serialize)]
pub struct FencedStory {
    /// What its author calls it.
    pub message_id: MessageId,
    /// Which way it went.
    pub direction: Direction,
    /// Its author.
    pub from: AgentId,
    /// Its receiver.
    pub to: AgentId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// What it is for.
    pub kind: Kind,
    /// Where it is now.
    pub state: String,
    /// As in [`FencedMessage`]; outbound the text alone, behind its fence.
    pub fenced: String,
    /// How many bytes it had at first.
    pub content_bytes: u64,
    /// Inbound alone: how far its author was trusted when it was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// When it came in, or was taken from the local caller.
    pub taken_at: Timestamp,
    /// What each policy said, with its digest.
    pub verdicts: Vec<Step>,
    /// What happened to it, in order.
    pub events: Vec<StoryEvent>,
    /// Whether it may have come to its receiver twice.
    pub may_repeat: bool,
}
