//! The conversations that the relay has in memory, over those that the store keeps.
//!
//! A conversation is read from the store when it is first met and lives here from then on; what
//! changes is kept behind it, without waiting. The book is bounded: two generations, of which the
//! older goes when the younger is full. By then the store's queue, which is far shorter, has kept
//! what went.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Conversation, Key, Standing, Turn};
use crate::relay::store::{Store, StoreError};
use crate::types::{AgentId, Timestamp};
use crate::wire::frame::EndReason;

/// How many conversations one generation holds.
const GENERATION_MAX: usize = 50_000;

/// Conversations in memory.
#[derive(Debug, Default)]
pub(in crate::relay) struct Book {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    current: HashMap<Key, Conversation>,
    previous: HashMap<Key, Conversation>,
}

impl Book {
    /// How the conversation stands for `turn`.
    pub(in crate::relay) async fn standing(
        &self,
        store: &dyn Store,
        key: &Key,
        turn: &Turn,
        now: Timestamp,
    ) -> Result<Standing, StoreError> {
        if let Some(conversation) = self.pages().find(key) {
            return Ok(conversation.standing(turn, now));
        }
        let kept = store.conversation(key).await?;
        let mut pages = self.pages();
        let conversation = pages.find_or(key, kept.unwrap_or_else(Conversation::fresh));
        Ok(conversation.standing(turn, now))
    }

    /// Takes in a turn that was found to stand open. Gives the reason if it is the last one, and
    /// the conversation as it is now.
    pub(in crate::relay) fn accept(
        &self,
        key: &Key,
        turn: &Turn,
        max_turns: u32,
        now: Timestamp,
    ) -> (Option<EndReason>, Conversation) {
        let mut pages = self.pages();
        let conversation = pages.find_or(key, Conversation::fresh());
        let ends = conversation.accept(turn, max_turns, now);
        (ends, conversation.clone())
    }

    /// Notes that `agent` was told of the other's `end`.
    pub(in crate::relay) fn told(&self, key: &Key, agent: &AgentId, now: Timestamp) {
        if let Some(conversation) = self.pages().find(key) {
            conversation.told(key.side(agent), now);
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn find(&mut self, key: &Key) -> Option<&mut Conversation> {
        if let Some((key, aged)) = self.previous.remove_entry(key) {
            self.insert(key, aged);
        }
        self.current.get_mut(key)
    }

    fn find_or(&mut self, key: &Key, otherwise: Conversation) -> &mut Conversation {
        if self.find(key).is_none() {
            self.make_room();
        }
        self.current.entry(key.clone()).or_insert(otherwise)
    }

    fn insert(&mut self, key: Key, conversation: Conversation) {
        self.make_room();
        self.current.insert(key, conversation);
    }

    fn make_room(&mut self) {
        if self.current.len() >= GENERATION_MAX {
            self.previous = std::mem::take(&mut self.current);
        }
    }
}
