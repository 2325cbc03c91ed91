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

/// A message as it is remembered: by hashes of its id and of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    key: u64,
    digest: u64,
}

/// An agent's recent messages.
#[derive(Debug, Default)]
pub(super) struct Recent {
    seed: RandomState,
    current: HashMap<u64, Entry>,
    previous: HashMap<u64, Entry>,
}

impl Recent {
    /// What is known of `message`, and the mark by which it is noted.
    pub(super) fn look(&self, message: &Message) -> (Seen, Mark) {
        let mark = self.mark(message);
        let known = self.current.get(&mark.key);
        let seen = match known.or_else(|| self.previous.get(&mark.key)) {
            None => Seen::Never,
            Some(entry) if entry.digest == mark.digest => Seen::Before(entry.stage),
            Some(_) => Seen::Otherwise,
        };
        (seen, mark)
    }

    /// Remembers that the message of `mark` came to `stage`.
    pub(super) fn note(&mut self, mark: Mark, stage: Stage) {
        if self.current.len() >= GENERATION_MAX {
            self.previous = std::mem::take(&mut self.current);
        }
        let digest = mark.digest;
        self.current.insert(mark.key, Entry { digest, stage });
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

    fn mark(&self, message: &Message) -> Mark {
        let digest = self.seed.hash_one((
            &message.to,
            message.kind,
            &message.content,
            &message.conversation,
            message.turn,
        ));
        Mark {
            key: self.key(&message.id),
            digest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::fixture;

    fn seen(recent: &Recent, id: &str, content: &str) -> Seen {
        recent.look(&fixture::message(id, content)).0
    }

    fn note(recent: &mut Recent, id: &str, stage: Stage) {
        let (_, mark) = recent.look(&fixture::message(id, "hi"));
        recent.note(mark, stage);
    }

    #[test]
    fn a_message_is_known_by_its_id_and_told_apart_by_what_it_says() {
        let mut recent = Recent::default();
        assert_eq!(seen(&recent, "m-1", "hi"), Seen::Never);
        note(&mut recent, "m-1", Stage::InFlight);
        assert_eq!(seen(&recent, "m-1", "hi"), Seen::Before(Stage::InFlight));
        recent.settle(&MessageId::new("m-1").unwrap(), Stage::Sent);
        assert_eq!(seen(&recent, "m-1", "hi"), Seen::Before(Stage::Sent));
        assert_eq!(seen(&recent, "m-1", "ho"), Seen::Otherwise);
        assert_eq!(seen(&recent, "m-2", "hi"), Seen::Never);
    }

    #[test]
    fn memory_is_bounded_and_keeps_the_latest() {
        let mut recent = Recent::default();
        for n in 0..3 * GENERATION_MAX {
            note(&mut recent, &format!("m-{n}"), Stage::Sent);
        }
        assert!(recent.current.len() + recent.previous.len() <= 2 * GENERATION_MAX);
        let latest = format!("m-{}", 3 * GENERATION_MAX - 1);
        assert_eq!(seen(&recent, &latest, "hi"), Seen::Before(Stage::Sent));
        recent.settle(&MessageId::new("never-seen").unwrap(), Stage::Sent);
        assert_eq!(seen(&recent, "m-0", "hi"), Seen::Never);
    }
}
