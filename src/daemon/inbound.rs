//! The way in: `Received` from the link, `Verified` here, `Judged` by the chain, a row in the inbox.
//!
//! Each step hands on a type that only it can make. What is taken is answered to the link as an
//! acknowledgement only after its row is on disk. What the disk or a full inbox does not take stays
//! in hand, unacknowledged, and is judged again until it is taken.

mod again;
pub(super) mod inbox;
mod judge;
mod verify;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::lane::Lane;
use super::outbound::Outbox;
use super::remarks::Remarks;
use super::story::Events;
use super::view::Event;
use crate::db::DbError;
use crate::fault::{self, Point};
use crate::types::{AgentId, Message, MessageId, Timestamp};
use crate::wire::frame::{Ack, AckOutcome};
use crate::wire::{Features, Form, MessageFrame, NonceMemory, SigningKey};

pub(super) use again::judge_again;
pub(super) use inbox::{Admitted, Batch, Inbox, Settled};
#[cfg(test)]
pub(super) use judge::UNAUTHENTICATED_RELAY;
pub(super) use judge::{Intake, Taken, is_proven, reason, take};
pub(super) use verify::{Unverified, Verified};

/// How many messages may wait here for the judging lane: as many as a relay leaves unacknowledged.
pub(super) const IN_HAND: usize = 128;

/// How often a message that the disk or a full inbox does not take is brought again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A session with the relay: what its frames are verified with, and what it remembers of them.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) key: SigningKey,
    pub(super) form: Form,
    /// None for a version 1 relay.
    pub(super) features: Option<Features>,
    pub(super) nonces: Mutex<NonceMemory>,
    /// Where acknowledgements for this session's frames go.
    pub(super) acks: mpsc::Sender<Ack>,
}

impl Session {
    /// Whether the relay proves who sends: only a relay that derives the key from this agent's
    /// secret does, whatever else it announces.
    pub(super) fn authenticates(&self) -> bool {
        match self.form {
            Form::Sig2 => true,
            Form::V1 => false,
        }
    }
}

/// A message frame as the link read it.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) frame: MessageFrame,
    pub(super) session: Arc<Session>,
    /// When, by the relay's clock.
    pub(super) read_at: Timestamp,
    /// When, by this machine's clock.
    pub(super) read_here_at: Timestamp,
}

/// The task that verifies, has judged, and acknowledges.
#[derive(Debug, Clone)]
pub(super) struct Inbound {
    pub(super) me: AgentId,
    pub(super) lane: Lane,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) events: Events,
    pub(super) stop: CancellationToken,
}

impl Inbound {
    /// Takes what the link reads until the link is gone, and then finishes what is in hand.
    pub(super) async fn run(self, mut received: mpsc::Receiver<Received>) {
        // Brought to the lane in the order of arrival; only the waiting for the disk overlaps.
        let mut in_hand = FuturesOrdered::new();
        let mut remarks = Remarks::default();
        loop {
            tokio::select! {
                biased;
                Some((verified, intake)) = in_hand.next(), if !in_hand.is_empty() => {
                    self.finish(verified, intake).await;
                }
                one = received.recv(), if in_hand.len() < IN_HAND => {
                    let Some(one) = one else { break };
                    let Some(verified) = verified(one, &self.me, &mut remarks).await else { continue };
                    let pending = self.lane.take(Arc::clone(&verified)).await;
                    in_hand.push_back(pending.map(|intake| (verified, intake)));
                }
            }
        }
        while let Some((verified, intake)) = in_hand.next().await {
            self.finish(verified, intake).await;
        }
    }

    /// Brings the message to the lane again until it is on disk. Those behind it wait, so that none
    /// overtakes it; once all places in hand are taken, the link reads no more.
    async fn finish(&self, verified: Arc<Verified>, first: Result<Intake, DbError>) {
        let mut intake = first;
        let mut again = tokio::time::interval(AGAIN_AFTER);
        let mut said = false;
        loop {
            let problem = match intake {
                Ok(Intake::Taken(taken)) => return self.conclude(&verified, taken).await,
                Ok(Intake::NoRoom) => "the inbox is full".to_owned(),
                Err(why) if why.may_pass() => why.to_string(),
                Err(why) => {
                    let id = &verified.message().id;
                    error!(message.id = %id, "message {id} cannot be kept: {why}");
                    return;
                }
            };
            // The first tick comes at once; who waits longer than that says so.
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                _ = again.tick() => {}
            }
            intake = self.lane.take(Arc::clone(&verified)).await.await;
            if !said && !matches!(intake, Ok(Intake::Taken(_))) {
                warn!("messages that come in wait, unacknowledged: {problem}");
                said = true;
            }
        }
    }

    /// Acts on what is on disk.
    async fn conclude(&self, verified: &Verified, taken: Taken) {
        fault::point(Point::InboxCommitted);
        let Message { id, from, .. } = verified.message();
        if let Some(repeat) = taken.repeat {
            debug!(message.id = %id, "message {id} came again: {repeat}");
        }
        if let Some(live) = taken.live {
            self.events.tell(live);
        }
        self.events.tell_all(taken.story);
        if taken.wakes_agent {
            self.inbox.wake();
        }
        if taken.wakes_link {
            self.outbox.wake();
        }
        if let Some(outcome) = taken.ack {
            acknowledge(verified.session(), from, id, outcome).await;
        }
    }
}

/// The message of a frame that can be taken; of another, the relay is told where that is safe.
async fn verified(
    received: Received,
    me: &AgentId,
    remarks: &mut Remarks,
) -> Option<Arc<Verified>> {
    let session = Arc::clone(&received.session);
    let now = received.read_here_at;
    match verify::verify(received, me) {
        Ok(verified) => return Some(Arc::new(verified)),
        Err(Unverified::Forged { id }) => {
            if let Some(left_out) = remarks.may_make(now) {
                warn!(message.id = %id, left_out, "dropped message {id}: its signature is wrong");
            }
        }
        Err(Unverified::Unacceptable {
            from,
            id,
            kind,
            why,
        }) => {
            if let Some(left_out) = remarks.may_make(now) {
                info!(
                    message.id = %id, peer.id = %from, left_out,
                    "refused message {id} from {from}: {why}"
                );
            }
            if kind.is_lasting() {
                acknowledge(&session, &from, &id, AckOutcome::Refused).await;
            }
        }
    }
    None
}

async fn acknowledge(session: &Session, from: &AgentId, id: &MessageId, outcome: AckOutcome) {
    if session.features.is_none_or(|features| !features.ack) {
        return;
    }
    let ack = Ack {
        message_id: id.clone(),
        from: from.clone(),
        outcome,
    };
    // A session that is gone has no use for it: the relay sends the message again on the next one.
    let _ = session.acks.send(ack).await;
}

/// A live message, told to whoever listens and kept nowhere.
pub(super) fn live(verified: &Verified) -> Event {
    Event::Live {
        peer: verified.message().from.clone(),
        kind: verified.message().kind,
        conversation_id: verified.conversation().clone(),
    }
}
