//! What the daemon shows of itself: the bodies of the local API's answers, and what it is asked.
//!
//! Plain data. Field names are public: scripts and the command line read them.

mod dead;
mod fenced;
mod history;
mod judging;
pub(in crate::daemon) mod readiness;

use serde::{Deserialize, Serialize};

use crate::daemon::agent::GatewayTrouble;
use crate::policy::{Annotation, PolicyStatus, Step};
use crate::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};

pub use dead::{DeadAnswer, DeadMessage, DeadRefusal};
pub use fenced::{FencedMessage, FencedStory};
pub use history::{History, Minute, PolicyHistory, Spread};
pub use judging::{
    EvaluateRequest, Evaluation, HeldAnswer, HeldMessage, HeldRefusal, TrialRefusal,
};
pub use readiness::Readiness;

/// How the daemon is; `GET /status`.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Whether a session with the relay is open.
    pub connected: bool,
    /// The relay's address.
    pub server_url: String,
    /// This agent's id.
    pub agent_id: AgentId,
    /// Messages that wait in either box; the TypeScript plugin's name for it.
    pub queue_size: u64,
    /// Whether the gateway takes messages.
    pub gateway_ready: bool,
    /// How long the daemon has been up.
    pub uptime_seconds: u64,
    /// The limit on a conversation's turns: the `conversation` policy's, or the state file's.
    pub max_turns_per_conversation: u64,
    /// What went wrong last, for a person.
    pub last_error: Option<String>,
    /// The program's version.
    pub version: &'static str,
    /// Messages that wait for the agent.
    pub inbox: u64,
    /// Messages that wait for the relay.
    pub outbox: u64,
    /// Messages that wait for a person, both ways.
    pub held: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// The chain in force.
    pub policies: Vec<PolicyStatus>,
    /// Why the policies that are wanted are not in force, where they are not.
    pub policies_problem: Option<String>,
    /// Why compiled policies are not kept, or one of them was not used.
    pub policy_cache_problem: Option<String>,
    /// The keys of the configuration that were changed and take effect at a restart.
    pub waiting_for_restart: Vec<String>,
    /// How the link is, in a word: `connected`, `connecting`, `waiting`, `refused`, `replaced`,
    /// `stopped`.
    pub link: &'static str,
    /// Whether the relay proves who sends; a version 1 relay does not.
    pub relay_authenticates: Option<bool>,
    /// The relay's clock less ours, in milliseconds.
    pub clock_offset_ms: i64,
    /// Why nothing goes to the gateway, where delivery is paused.
    pub gateway_problem: Option<String>,
    /// The same in a word.
    pub gateway_trouble: Option<GatewayTrouble>,
    /// Whether the relay proved who sends before and does not now, so that no session is opened.
    pub relay_proof_lost: bool,
    /// Why no person can be told what waits, where that is wanted.
    pub notify_problem: Option<String>,
    /// What becomes of new messages where nothing is delivered and the inbox is getting full.
    pub inbox_problem: Option<String>,
    /// Whether the database takes writes: `well`, `full`, `damaged`.
    pub disk: &'static str,
    /// Why nothing is taken in or acknowledged, where the disk is full or the database damaged; nothing
    /// is counted in a damaged one.
    pub database_problem: Option<String>,
}

/// What a local caller asks to send; the body of `POST /send`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// The receiver.
    pub to: AgentId,
    /// The text: 1 to 2,000 UTF-16 units.
    pub content: String,
    /// The conversation; without one, the peer's current one or a new one.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// Taken for the TypeScript plugin's sake; the daemon counts by itself.
    #[serde(default)]
    pub turn_number: Option<u64>,
    /// A session key of the local agent's own, to which answers in this conversation go.
    #[serde(default)]
    pub reply_session: Option<String>,
    /// The same key with the same body is the same message.
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// The answer to a message that is durable; `202`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendAnswer {
    /// Always true.
    pub ok: bool,
    /// What the message is called.
    pub message_id: MessageId,
    /// The conversation it is part of.
    pub conversation_id: ConversationId,
    /// `queued` or `held`.
    pub state: &'static str,
}

/// Why a message was not taken from a local caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendRefusal {
    /// The words are wrong: 400.
    Malformed(String),
    /// A policy said no: 403, or 429 for `rate_limited`.
    Policy {
        /// The policy's word.
        code: String,
        /// Which policy, and its sentence.
        reason: String,
        /// When to try again.
        retry_after_ms: Option<u64>,
    },
    /// The conversation has ended: 409.
    ConversationEnded(ConversationId),
    /// The same idempotency key came with another body: 409.
    KeyReused,
    /// The outbox is full: 503.
    Full,
    /// This receiver's share of it is: 503.
    FullForReceiver,
}

/// A message in the inbox; `GET /inbox`.
#[derive(Debug, Clone, Serialize)]
pub struct InboxMessage {
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
    /// `waiting`, `delivered`, `held`, `refused`, `dead`, `dropped` or `noted`.
    pub state: String,
    /// The text as the policies left it; as it came, where they did not admit it; empty where they
    /// or the owner refused it.
    pub content: String,
    /// How many bytes the text had as it came.
    pub content_bytes: u64,
    /// How far its author was trusted when it was judged.
    pub trust: Trust,
    /// When the relay took it in, or when the link read it.
    pub received_at: Timestamp,
    /// What host and policies said about it.
    pub annotations: Vec<Annotation>,
    /// Why it is where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often the gateway was asked in vain.
    pub attempts: u32,
}

/// A message in the outbox; `GET /outbox`.
#[derive(Debug, Clone, Serialize)]
pub struct OutboxMessage {
    /// Its place in the outbox.
    pub seq: i64,
    /// What we call it.
    pub message_id: MessageId,
    /// Its receiver.
    pub to: AgentId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// What it is for.
    pub kind: Kind,
    /// `queued`, `sent`, `at_relay`, `held` or `refused`.
    pub state: String,
    /// The text as the policies left it; as it was drafted, where they did not admit it; empty
    /// where they or the owner refused it.
    pub content: String,
    /// How many bytes the text had as it was drafted.
    pub content_bytes: u64,
    /// When it was taken from the local caller.
    pub created_at: Timestamp,
    /// Why it is where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often it was sent without an answer.
    pub attempts: u32,
}

/// Everything that is known of one message; `GET /messages/:id`.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
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
    /// The text, as in the inbox or the outbox.
    pub content: String,
    /// The text as it came or was drafted, where the policies changed it; shown to whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// How many bytes it had at first.
    pub content_bytes: u64,
    /// Inbound alone: how far its author was trusted when it was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// When it came in, or was taken from the local caller.
    pub taken_at: Timestamp,
    /// What host and policies said about it.
    pub annotations: Vec<Annotation>,
    /// What each policy said, with its digest.
    pub verdicts: Vec<Step>,
    /// What happened to it, in order.
    pub events: Vec<StoryEvent>,
    /// Whether it may have come to its receiver twice.
    pub may_repeat: bool,
}

/// One thing that happened to a message.
#[derive(Debug, Clone, Serialize)]
pub struct StoryEvent {
    /// When.
    pub at: Timestamp,
    /// What: a state or a step on the way.
    pub what: String,
    /// More on it, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A conversation with a peer; `GET /conversations`.
#[derive(Debug, Clone, Serialize)]
pub struct ConversationView {
    /// Its id.
    pub conversation_id: ConversationId,
    /// The other agent.
    pub peer: AgentId,
    /// How many messages it has had, both ways.
    pub turns: u64,
    /// How many more it may have until 30 minutes pass without one; none where it has ended.
    pub turns_left: u64,
    /// When something last happened in it.
    pub last_at: Timestamp,
    /// When it ended, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<String>,
    /// Where its answers go, if not to a session of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_session: Option<String>,
}

/// A peer's trust; `GET /trust`.
#[derive(Debug, Clone, Serialize)]
pub struct TrustView {
    /// The peer.
    pub agent_id: AgentId,
    /// Its level.
    pub level: Trust,
    /// Since when.
    pub changed_at: Timestamp,
}

/// Something that happened, for `GET /events`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A message went on to another state, or was judged.
    Message {
        /// Which way it goes.
        direction: Direction,
        /// What its author calls it.
        message_id: MessageId,
        /// The other agent.
        peer: AgentId,
        /// Its conversation.
        conversation_id: ConversationId,
        /// What happened: a state or a step on the way.
        what: String,
        /// More on it, for a person.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// A peer is writing, or has read.
    Live {
        /// The peer.
        peer: AgentId,
        /// Which.
        kind: Kind,
        /// In which conversation.
        conversation_id: ConversationId,
    },
    /// The link came up or went down.
    Link {
        /// As in `Status::link`.
        state: &'static str,
        /// Why, for a person.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// The gateway takes messages again, or does not.
    Gateway {
        /// Whether it does.
        ready: bool,
        /// Why not, for a person.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// The policies were loaded anew, or could not be.
    PolicyReload {
        /// Whether what is wanted is in force.
        ok: bool,
        /// The policies that are new, gone, changed or in another place.
        changed: Vec<String>,
        /// What is wrong, for a person.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// A peer's trust was changed.
    Trust {
        /// The peer.
        agent_id: AgentId,
        /// Its new level.
        level: Trust,
    },
}
