//! Of what the daemon shows: what is held and what was answered, and what the policies would say.

use serde::{Deserialize, Serialize};

use crate::policy::{Annotation, Step, StepVerdict};
use crate::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};

/// A message that waits for a person, or for a moment; `GET /held`.
#[derive(Debug, Clone, Serialize)]
pub struct HeldMessage {
    /// What its author calls it.
    pub message_id: MessageId,
    /// Which way it goes.
    pub direction: Direction,
    /// Its author.
    pub from: AgentId,
    /// Its receiver.
    pub to: AgentId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// What it is for.
    pub kind: Kind,
    /// The text as it came, or as it was drafted.
    pub content: String,
    /// How far the other agent is trusted.
    pub trust: Trust,
    /// When it came in, or was taken from the local caller.
    pub at: Timestamp,
    /// Whose hold it is: a policy's name, or `NAME/policy_error` where that policy failed.
    pub policy: String,
    /// The word for why.
    pub code: String,
    /// Why, for a person.
    pub reason: String,
    /// When the daemon releases it by itself; without it, a person does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Every hold that it has had so far, the present one last.
    pub held_by: Vec<String>,
    /// What host and policies said about it.
    pub annotations: Vec<Annotation>,
}

/// What became of a held message that a person answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldAnswer {
    /// Always true.
    pub ok: bool,
    /// What its author calls it.
    pub message_id: MessageId,
    /// Which way it goes.
    pub direction: Direction,
    /// Its author.
    pub from: AgentId,
    /// Its receiver.
    pub to: AgentId,
    /// Where it is now: `waiting`, `queued`, `noted`, `refused`, or `held` by another policy.
    pub state: &'static str,
    /// Why it is there, where it did not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The peer that is known from now on by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now_known: Option<AgentId>,
    /// The peer that would be, were it sure that it wrote this: its relay does not prove who sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stays_unknown: Option<AgentId>,
}

/// Why a held message was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldRefusal {
    /// No message has this id.
    NotFound,
    /// It is not held; the word says where it is.
    NotHeld(String),
    /// These authors' messages of that name are held; the caller has to name one.
    Ambiguous(Vec<AgentId>),
}

/// A message to try out; the body of `POST /policies/evaluate`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluateRequest {
    /// Which way it would go; inbound where nothing is said.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// The author; without one this agent outbound, and nobody in particular inbound.
    #[serde(default)]
    pub from: Option<AgentId>,
    /// The receiver; the other way round.
    #[serde(default)]
    pub to: Option<AgentId>,
    /// The text.
    pub content: String,
    /// The conversation; without one, a new one.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// How far the other agent would be trusted; unknown where nothing is said.
    #[serde(default)]
    pub trust: Option<Trust>,
}

/// Why a message was not tried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialRefusal {
    /// Another one is being tried out.
    Busy,
    /// Its content is longer than what can come or go.
    TooLong(String),
}

/// What the chain would do with a message.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// `pass`, `rewrite`, `reject` or `hold`.
    pub verdict: StepVerdict,
    /// The text as the policies would leave it; as it was given, where they would not admit it.
    pub content: String,
    /// What the policies would say about it.
    pub annotations: Vec<Annotation>,
    /// The word for why, on reject and hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When to try again, on `rate_limited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// When a hold would end by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What each policy said, in order.
    pub steps: Vec<Step>,
}
