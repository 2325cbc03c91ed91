//! What must last, as the relay speaks of it: agents and their lists, nonces of connections,
//! mailboxes, conversations and their history.
//!
//! Every backend passes the same suite of tests. Methods that give a [`Commit`] take the work in
//! first, in the order of the calls, and let the caller wait for durability apart from that:
//! whoever submits mail in order finds it in order, without waiting for the disk between two.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use serde::Serialize;

use super::conversation::{Conversation, Key};
use crate::db::Health;
use crate::types::{AgentId, ConversationId, Message, MessageId, Nonce, Secret, Timestamp};
use crate::wire::Features;
use crate::wire::frame::EndReason;

pub(super) mod sqlite;
#[cfg(test)]
mod suite;

/// Resolves once what was submitted is on disk, or is known never to be.
pub(super) type Commit<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// The store did not do what it was asked; nothing of it is on disk.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// The database under it failed.
    #[error("store: {0}")]
    Database(#[from] crate::db::DbError),
}

/// Durable facts.
#[async_trait]
pub(super) trait Store: Send + Sync + fmt::Debug {
    /// Registers an agent; false where its id is taken.
    async fn register(&self, agent: NewAgent) -> Result<bool, StoreError>;
    /// What a session, a check and a card need of an agent.
    async fn agent(&self, id: &AgentId) -> Result<Option<AgentRecord>, StoreError>;
    /// Changes those fields of an agent's card that are given.
    async fn change_card(
        &self,
        id: &AgentId,
        change: CardChange,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Remembers which features an agent announced when it connected.
    async fn note_features(&self, id: &AgentId, features: Features) -> Result<(), StoreError>;

    /// Puts `peer` on one of an agent's lists; false where the list is full.
    async fn enlist(
        &self,
        list: List,
        id: &AgentId,
        peer: Listed,
        max: usize,
    ) -> Result<bool, StoreError>;
    /// Takes `peer` off a list.
    async fn delist(&self, list: List, id: &AgentId, peer: &AgentId) -> Result<(), StoreError>;
    /// A list, oldest entry first.
    async fn listed(&self, list: List, id: &AgentId) -> Result<Vec<Listed>, StoreError>;
    /// Says whether only those on the allow list may write.
    async fn set_allowlist(&self, id: &AgentId, enabled: bool) -> Result<(), StoreError>;

    /// Takes a nonce once; false where it was taken before and `until` has not passed.
    async fn claim_nonce(
        &self,
        agent: &AgentId,
        nonce: &Nonce,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Puts mail into its receiver's mailbox.
    async fn enqueue(&self, mail: StoredMail, room: MailboxRoom) -> Commit<Enqueued>;
    /// What waits for an agent, in the order in which it was taken in. It sees every `enqueue` and
    /// `remove` that was submitted before.
    async fn waiting(&self, agent: &AgentId) -> Result<Vec<Waiting>, StoreError>;
    /// The mail of these rows, in that order, without what is gone.
    async fn mail(&self, rows: Vec<MailRow>) -> Result<Vec<StoredMail>, StoreError>;
    /// Takes mail out of an agent's mailbox.
    async fn remove(&self, agent: &AgentId, mail: Vec<MailName>) -> Commit<()>;
    /// Notes that mail may have reached its receiver without our knowing.
    async fn mark_may_repeat(&self, agent: &AgentId, mail: Vec<MailName>) -> Commit<()>;

    /// How a conversation stood when it was last kept.
    async fn conversation(&self, key: &Key) -> Result<Option<Conversation>, StoreError>;
    /// Keeps how a conversation stands and what was said in it.
    async fn keep_turn(&self, turn: KeptTurn) -> Commit<()>;
    /// What was said in a conversation.
    async fn history(&self, query: HistoryQuery) -> Result<Option<History>, StoreError>;

    /// Whether it keeps what it is given. One that was full is tried again.
    async fn health(&self) -> Health;

    /// Forgets nonces that cannot come again.
    async fn forget_nonces(&self, now: Timestamp) -> Result<(), StoreError>;
    /// Forgets history that is older than `since`.
    async fn forget_history(&self, since: Timestamp) -> Result<(), StoreError>;
}

/// What an agent tells others of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Card {
    pub(super) agent_id: AgentId,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) capabilities: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// Fields of a card to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CardChange {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) capabilities: Option<Vec<String>>,
    pub(super) description: Option<String>,
}

/// An agent to be registered.
#[derive(Debug, Clone)]
pub(super) struct NewAgent {
    pub(super) card: Card,
    pub(super) secret: Secret,
}

/// An agent as it is kept.
#[derive(Debug, Clone)]
pub(super) struct AgentRecord {
    pub(super) card: Card,
    pub(super) secret: Secret,
    /// What its last connection announced; nothing where it never connected.
    pub(super) last_features: Option<Features>,
    pub(super) blocked: HashSet<AgentId>,
    pub(super) allowed: HashSet<AgentId>,
    pub(super) allowlist_enabled: bool,
    /// Grows with every change to the agent.
    pub(super) revision: u64,
}

/// One of an agent's two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// Those whose messages it does not get.
    Blocked,
    /// Those whose messages it gets while its allow list is on.
    Allowed,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) peer: AgentId,
    pub(super) reason: Option<String>,
    pub(super) created_at: Timestamp,
}

/// Names mail in one agent's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct MailName {
    pub(super) from: AgentId,
    pub(super) id: MessageId,
}

impl MailName {
    /// The name of `message` in its receiver's mailbox.
    pub(super) fn of(message: &Message) -> Self {
        Self {
            from: message.from.clone(),
            id: message.id.clone(),
        }
    }
}

/// Mail as it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredMail {
    pub(super) message: Message,
    /// When the relay took it in.
    pub(super) received_at: Timestamp,
    /// Its place among all mail that this relay took in.
    pub(super) sequence: u64,
    /// Whether, and why, it is the last of its conversation.
    pub(super) ends: Option<EndReason>,
    /// Whether it may have reached a version 1 receiver already.
    pub(super) may_repeat: bool,
}

/// How much a mailbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MailboxRoom {
    /// In all.
    pub(super) total: u32,
    /// Of one sender, at most.
    pub(super) of_one_sender: u32,
    /// Of all its texts; one more may reach beyond.
    pub(super) bytes: u64,
}

/// How much waits in a mailbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stock {
    pub(super) messages: u32,
    pub(super) bytes: u64,
}

impl MailboxRoom {
    /// Whether a sender of whom `own` waits beside `others` may put one more message in: beside its
    /// bound it has at most half of what the others leave, in number and in bytes, so that whoever
    /// comes next finds room, and many that act together fill a mailbox ever more slowly.
    pub(super) fn takes(self, own: Stock, others: Stock) -> bool {
        let left = self.total.saturating_sub(others.messages);
        let left_bytes = self.bytes.saturating_sub(others.bytes);
        own.messages < left.div_ceil(2).min(self.of_one_sender)
            && own.bytes < left_bytes.div_ceil(2)
    }
}

/// What became of mail for a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enqueued {
    /// It waits there now, or did already.
    Stored,
    /// There is no room for it.
    Full,
}

/// The backend's own name for mail that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MailRow(pub(super) i64);

/// Mail that waits, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) row: MailRow,
    pub(super) name: MailName,
}

/// A message taken in, for the history of its conversation.
#[derive(Debug, Clone)]
pub(super) struct KeptTurn {
    pub(super) key: Key,
    pub(super) conversation: Conversation,
    pub(super) message: Message,
    pub(super) at: Timestamp,
}

/// Whose history of which conversation.
#[derive(Debug, Clone)]
pub(super) struct HistoryQuery {
    pub(super) id: ConversationId,
    /// Only conversations in which this agent takes part; anyone's where nobody proved who asks.
    pub(super) participant: Option<AgentId>,
    /// With this peer; without one, the conversation that was used last.
    pub(super) peer: Option<AgentId>,
    /// At most so many messages, the latest.
    pub(super) last: u32,
    /// And of those at most so many bytes of content; the latest message is given in any case.
    pub(super) bytes: usize,
}

/// What was said in a conversation, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    pub(super) key: Key,
    pub(super) conversation: Conversation,
    pub(super) messages: Vec<Said>,
    /// How many messages are kept of it in all.
    pub(super) total: u64,
}

/// One message of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) message: Message,
    pub(super) at: Timestamp,
}
