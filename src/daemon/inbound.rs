//! The way in: `Received` from the link, `Verified` here, `Judged` by the chain, a row in the inbox.
//!
//! Each step hands on a type that only it can make. What is taken is answered to the link as an
//! acknowledgement only after its row is on disk; while the disk does not take it, nothing is
//! acknowledged and the relay keeps it.

pub(super) mod inbox;
mod judge;
mod verify;

use std::sync::{Arc, Mutex};

use tokio::sync::{Semaphore, mpsc};
use tracing::{debug, error, info, warn};

use super::lane::Lane;
use super::story::Events;
use super::view::Event;
use crate::clock::Clock;
use crate::tasks::Tasks;
use crate::types::{AgentId, Timestamp};
use crate::wire::frame::{Ack, AckOutcome};
use crate::wire::{Features, Form, MessageFrame, NonceMemory, SigningKey};

pub(super) use inbox::{Admitted, Inbox, Settled};
pub(super) use judge::{Taken, reason, take};
pub(super) use verify::{Unverified, Verified};

/// How many messages may wait here for the judging lane: as many as a relay leaves unacknowledged.
pub(super) const IN_HAND: usize = 128;

/// A session with the relay: what its frames are verified with, and what it remembers of them.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) key: SigningKey,
    pub(super) form: Form,
    /// None for a version 1 relay, which also does not prove who sends.
    pub(super) features: Option<Features>,
    pub(super) nonces: Mutex<NonceMemory>,
    /// Where acknowledgements for this session's frames go.
    pub(super) acks: mpsc::Sender<Ack>,
}

/// A message frame as the link read it.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) frame: MessageFrame,
    pub(super) session: Arc<Session>,
    pub(super) read_at: Timestamp,
}

/// The task that verifies, has judged, and acknowledges.
#[derive(Debug, Clone)]
pub(super) struct Inbound {
    pub(super) me: AgentId,
    pub(super) lane: Lane,
    pub(super) inbox: Inbox,
    pub(super) events: Events,
    pub(super) clock: Clock,
    pub(super) tasks: Tasks,
}

impl Inbound {
    /// Takes what the link reads until the link is gone.
    pub(super) async fn run(self, mut received: mpsc::Receiver<Received>) {
        let in_hand = Arc::new(Semaphore::new(IN_HAND));
        while let Some(one) = received.recv().await {
            let session = Arc::clone(&one.session);
            let verified = match verify::verify(one, &self.me, self.clock.now()) {
                Ok(verified) => verified,
                Err(unverified) => {
                    refuse(unverified, &session).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&in_hand).acquire_owned().await else {
                return;
            };
            // Submitted in the order of arrival; only the waiting for the disk overlaps.
            let pending = self.lane.take(verified).await;
            let this = self.clone();
            self.tasks.spawn("inbound-commit", async move {
                let _place = place;
                this.finish(pending.await, &session).await;
            });
        }
    }

    async fn finish(&self, committed: Result<Taken, crate::db::DbError>, session: &Session) {
        let taken = match committed {
            Ok(taken) => taken,
            Err(why) => {
                error!("a message could not be kept and stays with the relay: {why}");
                return;
            }
        };
        if let Some(repeat) = &taken.repeat {
            debug!(message.id = %taken.id, "message {} came again: {repeat}", taken.id);
        }
        if let Some(live) = taken.live {
            self.events.tell(live);
            return;
        }
        self.events.tell_all(taken.story);
        if taken.wakes_agent {
            self.inbox.wake();
        }
        acknowledge(session, taken.from, taken.id, taken.outcome).await;
    }
}

/// Tells the relay what became of a frame that cannot be taken, where it is safe to.
async fn refuse(unverified: Unverified, session: &Session) {
    match unverified {
        Unverified::Forged { id } => {
            warn!(message.id = %id, "dropped message {id}: its signature is wrong");
        }
        Unverified::Unacceptable { from, id, why } => {
            info!(message.id = %id, peer.id = %from, "refused message {id} from {from}: {why}");
            acknowledge(session, from, id, AckOutcome::Refused).await;
        }
    }
}

async fn acknowledge(
    session: &Session,
    from: AgentId,
    message_id: crate::types::MessageId,
    outcome: AckOutcome,
) {
    if session.features.is_none_or(|features| !features.ack) {
        return;
    }
    let ack = Ack {
        message_id,
        from,
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
