//! Whether a frame is what the relay signed for this agent in this session: the only maker of
//! [`Verified`].
//!
//! The bytes are verified as they came, before anything cleans them. Time is not judged: a
//! signature under the session's key proves that the relay signed in this session, so mail that
//! waited a week is as good as new. What a relay says of the time is taken up to the distance that
//! two clocks may have: the policies' time never goes back, so one word of a far future would stop it.

use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use super::{Received, Session};
use crate::types::{AgentId, ConversationId, Digest, Kind, Message, MessageId, Timestamp};
use crate::wire::{Material, replay::MAX_CLOCK_DISTANCE};

/// The last turn that a database can count.
const MAX_TURN: u64 = i64::MAX.unsigned_abs();

/// A message that the relay signed for this agent in this session.
#[derive(Debug)]
pub(in crate::daemon) struct Verified {
    message: Message,
    conversation: ConversationId,
    /// Of the content as it came.
    digest: Digest,
    nonce: crate::types::Nonce,
    session: Arc<Session>,
    /// When the relay took it in, where the relay says so; else when the link read it. Never far
    /// ahead of this machine's clock.
    received_at: Timestamp,
    age: Duration,
    skewed: bool,
    /// Whether its nonce was new when it was first asked about.
    nonce_is_new: OnceLock<bool>,
}

/// Why a frame is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Unverified {
    /// It is not signed under this session's key: nobody is answered.
    Forged {
        /// What it calls itself.
        id: MessageId,
    },
    /// It is rightly signed, and yet no message for this agent.
    Unacceptable {
        /// Its author.
        from: AgentId,
        /// Its id.
        id: MessageId,
        /// What it is for.
        kind: Kind,
        /// Why it is not taken.
        why: &'static str,
    },
}

/// Verifies what the link read.
pub(super) fn verify(received: Received, me: &AgentId) -> Result<Verified, Unverified> {
    let Received {
        frame,
        session,
        read_at,
        read_here_at,
    } = received;
    let material = Material::of_message(&frame.message, frame.timestamp, &frame.nonce);
    if !session
        .key
        .verifies(&material, session.form, &frame.signature)
    {
        return Err(Unverified::Forged {
            id: frame.message.id,
        });
    }
    let mut message = frame.message;
    let digest = Digest::of(message.content.as_bytes());
    match message.kind {
        Kind::Text => {}
        // No policy looks at it and no agent is woken by it, so nobody gets to read it either.
        Kind::Typing | Kind::ReadReceipt | Kind::End => message.content.clear(),
    }
    let unacceptable = |why| Unverified::Unacceptable {
        from: message.from.clone(),
        id: message.id.clone(),
        kind: message.kind,
        why,
    };
    if message.to != *me {
        return Err(unacceptable("it is for another agent"));
    }
    if message.turn.is_some_and(|turn| turn.get() > MAX_TURN) {
        return Err(unacceptable("it counts more turns than there can be"));
    }
    let Some(conversation) = message.conversation.clone() else {
        return Err(unacceptable("it names no conversation"));
    };
    let announced = session.features.and(frame.received_at);
    let skewed = frame.timestamp > read_at + MAX_CLOCK_DISTANCE
        || announced.is_some_and(|at| at.distance(frame.timestamp) > MAX_CLOCK_DISTANCE);
    // A version 1 relay says only when the sender signed.
    let on_its_way_since = match session.features {
        Some(_) => announced.unwrap_or(read_at),
        None => frame.timestamp,
    };
    Ok(Verified {
        conversation,
        digest,
        nonce: frame.nonce,
        received_at: announced
            .unwrap_or(read_at)
            .min(read_here_at + MAX_CLOCK_DISTANCE),
        age: read_at.since(on_its_way_since),
        skewed,
        nonce_is_new: OnceLock::new(),
        session,
        message,
    })
}

impl Verified {
    /// What it says; only a text keeps its content.
    pub(in crate::daemon) fn message(&self) -> &Message {
        &self.message
    }

    pub(in crate::daemon) fn conversation(&self) -> &ConversationId {
        &self.conversation
    }

    /// The message's time for every policy.
    pub(in crate::daemon) fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// How long the message was on its way before the link read it, by the relay's clock.
    pub(in crate::daemon) fn age(&self) -> Duration {
        self.age
    }

    /// The session that it came in.
    pub(in crate::daemon) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the sender's clock was far from the relay's.
    pub(in crate::daemon) fn is_skewed(&self) -> bool {
        self.skewed
    }

    /// Whether the relay lets nobody send under another's id.
    pub(in crate::daemon) fn relay_authenticates(&self) -> bool {
        self.session.authenticates()
    }

    /// Whether the relay hears what becomes of a message, and tells its sender.
    pub(in crate::daemon) fn is_answered(&self) -> bool {
        self.session.features.is_some_and(|features| features.ack)
    }

    /// The digest of the content as it came.
    pub(in crate::daemon) fn digest(&self) -> Digest {
        self.digest
    }

    /// Takes the nonce; false when another frame of this session had it before. However often the
    /// message has to be judged until its row is on disk, its nonce is taken once.
    pub(in crate::daemon) fn take_nonce(&self, now: Timestamp) -> bool {
        *self.nonce_is_new.get_or_init(|| {
            self.session
                .nonces
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(&self.nonce, now)
        })
    }
}

#[cfg(test)]
#[path = "verify/tests.rs"]
mod tests;
