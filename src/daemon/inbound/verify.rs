//! Whether a frame is what the relay signed for this agent in this session: the only maker of
//! [`Verified`].
//!
//! The bytes are verified as they came, before anything cleans them. Time is not judged: a
//! signature under the session's key proves that the relay signed in this session, so mail that
//! waited a week is as good as new.

use std::sync::{Arc, PoisonError};

use super::{Received, Session};
use crate::types::{AgentId, ConversationId, Digest, Message, MessageId, Timestamp};
use crate::wire::{Material, replay::MAX_CLOCK_DISTANCE};

/// A message that the relay signed for this agent in this session.
#[derive(Debug)]
pub(in crate::daemon) struct Verified {
    message: Message,
    conversation: ConversationId,
    nonce: crate::types::Nonce,
    session: Arc<Session>,
    /// When the sender signed it, by the sender's clock.
    signed_at: Timestamp,
    /// When the relay took it in, where the relay says so; else when the link read it.
    received_at: Timestamp,
    skewed: bool,
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
        /// Why it is not taken.
        why: &'static str,
    },
}

/// Verifies what the link read. `now` is by the relay's clock.
pub(super) fn verify(
    received: Received,
    me: &AgentId,
    now: Timestamp,
) -> Result<Verified, Unverified> {
    let Received {
        frame,
        session,
        read_at,
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
    let message = frame.message;
    let unacceptable = |why| Unverified::Unacceptable {
        from: message.from.clone(),
        id: message.id.clone(),
        why,
    };
    if message.to != *me {
        return Err(unacceptable("it is for another agent"));
    }
    let Some(conversation) = message.conversation.clone() else {
        return Err(unacceptable("it names no conversation"));
    };
    let announced = session.features.and(frame.received_at);
    let skewed = frame.timestamp > now + MAX_CLOCK_DISTANCE
        || announced.is_some_and(|at| at.distance(frame.timestamp) > MAX_CLOCK_DISTANCE);
    Ok(Verified {
        conversation,
        nonce: frame.nonce,
        signed_at: frame.timestamp,
        received_at: announced.unwrap_or(read_at),
        skewed,
        session,
        message,
    })
}

impl Verified {
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

    /// Since when the message has been on its way, by the best clock there is.
    pub(in crate::daemon) fn on_its_way_since(&self) -> Timestamp {
        if self.session.features.is_some() {
            self.received_at
        } else {
            self.signed_at
        }
    }

    /// Whether the sender's clock was far from the relay's.
    pub(in crate::daemon) fn is_skewed(&self) -> bool {
        self.skewed
    }

    /// Whether the relay lets nobody send under another's id.
    pub(in crate::daemon) fn relay_authenticates(&self) -> bool {
        self.session.features.is_some()
    }

    pub(in crate::daemon) fn digest(&self) -> Digest {
        Digest::of(self.message.content.as_bytes())
    }

    /// Takes the nonce; false when this session saw it before.
    pub(in crate::daemon) fn take_nonce(&self, now: Timestamp) -> bool {
        self.session
            .nonces
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(&self.nonce, now)
    }
}

#[cfg(test)]
#[path = "verify/tests.rs"]
mod tests;
