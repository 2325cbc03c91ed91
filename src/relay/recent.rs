//! What one agent sent lately, by message id: a repeat is counted once and answered as before.
//!
//! It belongs to the agent, not to its socket, and is bounded: two generations of hashes. What was
//! forgotten is routed again, and the receiver, for whom a message is (from, id) too, drops it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::types::{Message, MessageId};

/// The most that one generation remembers.
const GENERATION_MAX: usize = 2_048;

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its rate was counted; a later check refused it.
    Counted,
    /// Its turn was counted too, but it found no room or the relay failed: it may come again.
    Taken,
    /// It is on its way; the answer will come.
    InFlight,
    /// It waits in the mailbox.
    Queued,
    /// The receiver has it.
    Sent,
    /// The receiver refused it.
    Rejected,
}

/// What is known of a message's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing.
    Never,
    /// The same message came before.
    Before(Stage),
    /// Another message had this id.
    Otherwise,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    digest: u64,
    stage: Stage,
}

/// An agent's recent messages.
#[derive(Debug, Default)]
pub(super) struct Recent {
    seed: RandomState,
    current: HashMap<u64, Entry>,
    previous: HashMap<u64, Entry>,
}

impl Recent {
    /// What is known of `message`.
    pub(super) fn look(&self, message: &Message) -> Seen {
        let key = self.key(&message.id);
        let Some(entry) = self.current.get(&key).or_else(|| self.previous.get(&key)) else {
            return Seen::Never;
        };
        if entry.digest == self.digest(message) {
            Seen::Before(entry.stage)
        } else {
            Seen::Otherwise
        }
    }

    /// Remembers that `message` came to `stage`.
    pub(super) fn note(&mut self, message: &Message, stage: Stage) {
        if self.current.len() >= GENERATION_MAX {
            self.previous = std::mem::take(&mut self.current);
        }
        let digest = self.digest(message);
        let key = self.key(&message.id);
        self.current.insert(key, Entry { digest, stage });
    }

    /// Moves a message that is still remembered to `stage`.
    pub(super) fn settle(&mut self, id: &MessageId, stage: Stage) {
        let key = self.key(id);
        let entry = match self.current.get_mut(&key) {
            Some(entry) => Some(entry),
            None => self.previous.get_mut(&key),
        };
        if let Some(entry) = entry {
            entry.stage = stage;
        }
    }

    fn key(&self, id: &MessageId) -> u64 {
        self.seed.hash_one(id.as_str())
    }

    fn digest(&self, message: &Message) -> u64 {
        self.seed.hash_one((
            &message.to,
            message.kind,
            &message.content,
            &message.conversation,
            message.turn,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::fixture;

    #[test]
    fn a_message_is_known_by_its_id_and_told_apart_by_what_it_says() {
        let mut recent = Recent::default();
        let message = fixture::message("m-1", "hi");
        assert_eq!(recent.look(&message), Seen::Never);
        recent.note(&message, Stage::InFlight);
        assert_eq!(recent.look(&message), Seen::Before(Stage::InFlight));
        recent.settle(&message.id, Stage::Sent);
        assert_eq!(recent.look(&message), Seen::Before(Stage::Sent));
        assert_eq!(recent.look(&fixture::message("m-1", "ho")), Seen::Otherwise);
        assert_eq!(recent.look(&fixture::message("m-2", "hi")), Seen::Never);
    }

    #[test]
    fn memory_is_bounded_and_keeps_the_latest() {
        let mut recent = Recent::default();
        for n in 0..3 * GENERATION_MAX {
            recent.note(&fixture::message(&format!("m-{n}"), "hi"), Stage::Sent);
        }
        assert!(recent.current.len() + recent.previous.len() <= 2 * GENERATION_MAX);
        let latest = fixture::message(&format!("m-{}", 3 * GENERATION_MAX - 1), "hi");
        assert_eq!(recent.look(&latest), Seen::Before(Stage::Sent));
        recent.settle(&MessageId::new("never-seen").unwrap(), Stage::Sent);
        assert_eq!(recent.look(&fixture::message("m-0", "hi")), Seen::Never);
    }
}
