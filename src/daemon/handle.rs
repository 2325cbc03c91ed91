//! What the local API holds on to: every question and every request, each one method.

mod judging;
mod problems;
mod request;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::agent::{GatewayTrouble, Reader};
use super::held::HeldBox;
use super::inbound::{Inbox, inbox};
use super::lane::Lane;
use super::link::{ClockOffset, LinkStatus};
use super::outbound::{Draft, Outbox, outbox};
use super::relay_client::{RelayAnswer, RelayCall, RelayCallError, RelayClient};
use super::story::Events;
use super::view::{
    ConversationView, Event, InboxMessage, OutboxMessage, SendAnswer, SendRefusal, SendRequest,
    Story, TrustView,
};
use super::{dialogue, policies, random, stories, trust};
use crate::clock::Clock;
use crate::config::RelayUrl;
use crate::config::state_file::StateFile;
use crate::db::{Database, DbError};
use crate::follow::Followed;
use crate::policy::{Policies, PolicyStatus, Reloaded, Standing};
use crate::types::{AgentId, ConversationId, Kind, MessageId, Secret, Trust, TurnNumber};

use request::check;

/// The longest text that is sent, in UTF-16 units: what the TypeScript plugin takes.
pub(super) const CONTENT_MAX_UNITS: usize = 2000;

/// The limit on a conversation's turns where nothing says another.
const MAX_TURNS: TurnNumber = TurnNumber::new(20).unwrap();

/// How many conversations are shown.
const CONVERSATIONS_SHOWN: usize = 1000;

/// A daemon that runs. Cheap to clone; clones are the same daemon.
#[derive(Debug, Clone)]
pub struct Daemon(pub(super) Arc<Parts>);

/// What the handle is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) me: AgentId,
    pub(super) secret: Secret,
    pub(super) relay: RelayUrl,
    pub(super) client: RelayClient,
    pub(super) db: Database,
    pub(super) lane: Lane,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) held: HeldBox,
    pub(super) events: Events,
    pub(super) policies: Policies,
    pub(super) max_turns: watch::Receiver<Option<TurnNumber>>,
    pub(super) link: watch::Receiver<LinkStatus>,
    pub(super) gateway: watch::Receiver<GatewayStatus>,
    pub(super) state: watch::Receiver<Followed<Option<StateFile>>>,
    pub(super) notices: watch::Receiver<Option<String>>,
    pub(super) offset: ClockOffset,
    pub(super) clock: Clock,
    pub(super) started: Instant,
    pub(super) stop: CancellationToken,
}

/// How the gateway is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GatewayStatus {
    pub(super) ready: bool,
    pub(super) problem: Option<String>,
    /// The kind of the problem.
    pub(super) trouble: Option<GatewayTrouble>,
}

/// Why a conversation was not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndRefusal {
    /// No conversation has this id.
    NotFound,
    /// Conversations with more than one peer have it; the caller has to name one.
    Ambiguous(Vec<AgentId>),
    /// It has ended.
    AlreadyEnded,
    /// The `end` was not taken.
    NotSent(SendRefusal),
}

impl Daemon {
    /// Who this agent is.
    pub fn agent_id(&self) -> &AgentId {
        &self.0.me
    }

    /// Takes a message to send. `Ok(Ok(..))` means that it is durable.
    pub async fn send(
        &self,
        request: SendRequest,
    ) -> Result<Result<SendAnswer, SendRefusal>, DbError> {
        match check(&request) {
            Err(why) => Ok(Err(SendRefusal::Malformed(why))),
            Ok(()) => self.draft(Kind::Text, request).await,
        }
    }

    /// Ends a conversation: closed here at once, and an `end` drafted for the peer.
    pub async fn end_conversation(
        &self,
        id: &ConversationId,
        peer: Option<&AgentId>,
    ) -> Result<Result<SendAnswer, EndRefusal>, DbError> {
        let wanted = id.clone();
        let known = self
            .0
            .db
            .read(move |connection| dialogue::peers_of(connection, &wanted))
            .await?;
        let meant: Vec<_> = known
            .iter()
            .filter(|dialogue| peer.is_none_or(|peer| dialogue.peer == *peer))
            .collect();
        let [dialogue] = meant.as_slice() else {
            return Ok(Err(match meant.as_slice() {
                [] => EndRefusal::NotFound,
                several => {
                    EndRefusal::Ambiguous(several.iter().map(|one| one.peer.clone()).collect())
                }
            }));
        };
        if dialogue.ended.is_some() {
            return Ok(Err(EndRefusal::AlreadyEnded));
        }
        let request = SendRequest {
            to: dialogue.peer.clone(),
            content: String::new(),
            conversation_id: Some(id.clone()),
            turn_number: None,
            reply_session: None,
            idempotency_key: None,
        };
        let answer = self.draft(Kind::End, request).await?;
        Ok(answer.map_err(EndRefusal::NotSent))
    }

    /// The messages after `after`, the oldest first; without it the newest `limit`.
    pub async fn inbox(
        &self,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<InboxMessage>, DbError> {
        self.0.inbox.list(after, limit).await
    }

    /// The newest `limit` messages of the inbox before `before`, the oldest of them first.
    pub async fn inbox_before(
        &self,
        before: i64,
        limit: usize,
    ) -> Result<Vec<InboxMessage>, DbError> {
        self.0.inbox.list_before(before, limit).await
    }

    /// Waits until there is a message after `after`, at most for `patience`.
    pub async fn wait_for_inbox(&self, after: i64, patience: Duration) -> Result<(), DbError> {
        let mut events = self.0.events.listen();
        let arrival = async {
            while self.0.inbox.list(Some(after), 1).await?.is_empty() {
                // Falling behind is as good a reason to look again as any event.
                if let Err(broadcast::error::RecvError::Closed) = events.recv().await {
                    break;
                }
            }
            Ok(())
        };
        tokio::time::timeout(patience, arrival)
            .await
            .unwrap_or(Ok(()))
    }

    /// The newest `limit` messages of the outbox, or of those before `before`, the oldest of them
    /// first.
    pub async fn outbox(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<OutboxMessage>, DbError> {
        self.0.outbox.list(before, limit).await
    }

    /// Everything that is known of the messages called `id`: more than one where two authors chose
    /// the same.
    pub async fn story(&self, id: &MessageId) -> Result<Vec<Story>, DbError> {
        let (me, id) = (self.0.me.clone(), id.clone());
        self.0
            .db
            .read(move |connection| stories::of(connection, &me, &id))
            .await
    }

    /// Reads messages out for a model, each behind the fence that the hook's text has.
    pub(super) fn reader(&self) -> Reader {
        Reader::new(&self.0.secret)
    }

    /// The conversations, the latest first.
    pub async fn conversations(&self) -> Result<Vec<ConversationView>, DbError> {
        let (limit, now) = (self.max_turns(), self.0.clock.now());
        self.0
            .db
            .read(move |connection| dialogue::list(connection, CONVERSATIONS_SHOWN, limit, now))
            .await
    }

    /// Every peer about whom the owner said something.
    pub async fn trust(&self) -> Result<Vec<TrustView>, DbError> {
        self.0.db.read(trust::list).await
    }

    /// Sets how far `peer` is trusted. `blocked` refuses, in the same transaction, all that waits
    /// from and for it; the answer is how many messages that were.
    pub async fn set_trust(&self, peer: &AgentId, level: Trust) -> Result<usize, DbError> {
        let (agent, now) = (peer.clone(), self.0.clock.now());
        let refused = self
            .0
            .db
            .write(move |connection| {
                trust::set(connection, &agent, level, now)?;
                match level {
                    Trust::Blocked => refuse_all(connection, &agent, now),
                    Trust::Unknown | Trust::Known | Trust::Owner => Ok(Vec::new()),
                }
            })
            .await?;
        let count = refused.len();
        self.0.events.tell_all(refused);
        self.0.events.tell(Event::Trust {
            agent_id: peer.clone(),
            level,
        });
        Ok(count)
    }

    /// How each policy in force is.
    pub fn policies(&self) -> Vec<PolicyStatus> {
        self.0.policies.status()
    }

    /// How the policies in force stand to those that are wanted.
    pub fn policies_standing(&self) -> Standing {
        self.0.policies.standing()
    }

    /// Loads every policy anew, as the configuration says now; `None` where the daemon is stopping.
    pub async fn reload_policies(&self) -> Option<Reloaded> {
        self.0.policies.reload().await
    }

    /// Passes a call on to the relay, signed.
    pub async fn relay_call(&self, call: RelayCall) -> Result<RelayAnswer, RelayCallError> {
        self.0.client.call(&self.0.me, &self.0.secret, call).await
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.listen()
    }

    /// A token that is cancelled when the daemon stops.
    pub fn stopping(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// The owner's limit on a conversation's turns: that of the policy that counts them, or where
    /// none has one, the state file's.
    fn max_turns(&self) -> TurnNumber {
        let counted = *self.0.max_turns.borrow();
        let limit = counted.or_else(|| policies::max_turns_in(&self.0.state.borrow()));
        limit.unwrap_or(MAX_TURNS)
    }

    async fn draft(
        &self,
        kind: Kind,
        request: SendRequest,
    ) -> Result<Result<SendAnswer, SendRefusal>, DbError> {
        let parts = &self.0;
        let draft = Draft {
            me: parts.me.clone(),
            to: request.to,
            kind,
            content: request.content,
            conversation: request.conversation_id,
            reply_session: request.reply_session,
            idempotency_key: request.idempotency_key,
            id: random::message_id(),
            new_conversation: random::conversation_id(),
            drafted_at: parts.clock.now(),
            max_turns: Some(self.max_turns()),
        };
        let drafted = parts.lane.draft(draft).await?;
        parts.events.tell_all(drafted.story);
        if drafted.wakes_link {
            parts.outbox.wake();
        }
        Ok(drafted.answer)
    }
}

fn refuse_all(
    connection: &Connection,
    peer: &AgentId,
    now: crate::types::Timestamp,
) -> rusqlite::Result<Vec<super::story::Entry>> {
    let why = "its owner blocked the peer";
    let mut refused = inbox::refuse_all_from(connection, peer, now, why)?;
    refused.extend(outbox::refuse_all_to(connection, peer, now, why)?);
    Ok(refused)
}
