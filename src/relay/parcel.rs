//! A message under way inside the relay: checked, counted, and not yet settled.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::hub::Live;
use super::store::StoredMail;
use crate::types::{AgentId, Nonce, Refusal, Timestamp};
use crate::wire::MessageFrame;
use crate::wire::frame::EndReason;

/// A message on its way to its receiver.
#[derive(Debug)]
pub(super) struct Parcel {
    /// The message and the sender's signing, which a live delivery keeps.
    pub(super) frame: Box<MessageFrame>,
    /// When the relay took it in.
    pub(super) received_at: Timestamp,
    /// Its place among all that the relay took in.
    pub(super) sequence: u64,
    /// Whether, and why, it is the last of its conversation.
    pub(super) ends: Option<EndReason>,
    /// Whether the store has it.
    pub(super) stored: bool,
    /// Who waits for a word on it.
    pub(super) origin: Origin,
}

/// Who is told what became of a message.
#[derive(Debug)]
pub(super) enum Origin {
    /// The agent that sent it, over this connection or the one that it has by then.
    Connection(Arc<Live>),
    /// A REST call that waits.
    Call(oneshot::Sender<Settlement>),
    /// The sender heard already that it was queued; only a refusal is still told.
    Heard,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settlement {
    /// The receiver has it.
    Sent,
    /// It waits in the mailbox, perhaps after it was written to a version 1 receiver once.
    Queued {
        /// Whether it may have arrived already.
        may_repeat: bool,
    },
    /// The receiver refused it.
    Rejected,
    /// The receiver's mailbox has no room for it.
    MailboxFull,
    /// The relay refused it.
    Refused(Refusal),
    /// The relay failed.
    Failed,
}

impl Parcel {
    /// Mail that was read from the store; its signing is made new when it is written.
    pub(super) fn of_stored(mail: StoredMail, now: Timestamp, nonce: Nonce) -> Self {
        Self {
            received_at: mail.received_at,
            sequence: mail.sequence,
            ends: mail.ends,
            stored: true,
            origin: Origin::Heard,
            frame: Box::new(MessageFrame {
                message: mail.message,
                timestamp: now,
                nonce,
                signature: String::new(),
                delivered_at: None,
                received_at: None,
            }),
        }
    }

    /// What of it the store keeps, and who waits for a word on it.
    pub(super) fn into_stored(self, may_repeat: bool) -> (StoredMail, Origin) {
        let mail = StoredMail {
            message: self.frame.message,
            received_at: self.received_at,
            sequence: self.sequence,
            ends: self.ends,
            may_repeat,
        };
        (mail, self.origin)
    }

    /// Whom it is for.
    pub(super) fn to(&self) -> &AgentId {
        &self.frame.message.to
    }

    /// About how many bytes it takes in a queue.
    pub(super) fn bytes(&self) -> usize {
        self.frame.message.content.len() + 512
    }
}
