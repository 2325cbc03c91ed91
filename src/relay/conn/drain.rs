//! Empties a mailbox onto a connection, in order, as far as the connection has room.
//!
//! First the names of all that waits are listed, then the mail is fetched in portions. A listing
//! covers everything that was submitted to the mailbox before it; once all that it named is
//! written, new mail need no longer go behind.

use std::collections::{HashSet, VecDeque};
use std::future::pending;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;

use crate::relay::hub::Live;
use crate::relay::node::Node;
use crate::relay::store::{MailName, StoreError, StoredMail, Waiting};

/// How many messages are fetched at once.
const PORTION: usize = 32;

/// How far the emptying came.
pub(super) struct Drain {
    wanted: bool,
    todo: VecDeque<Waiting>,
    covers: Option<u64>,
    step: Option<BoxFuture<'static, Step>>,
    is_listing: bool,
    /// Mail that was taken out of the mailbox after the listing under way may have seen it.
    removed: HashSet<MailName>,
}

/// What a step brought.
#[derive(Debug)]
pub(super) enum Step {
    /// What waits, and the count of mail that this covers.
    Listed(Result<Vec<Waiting>, StoreError>, Option<u64>),
    /// Mail, for which so many places were taken.
    Fetched(Result<Vec<StoredMail>, StoreError>, usize),
}

impl Drain {
    /// An emptying that is to begin.
    pub(super) fn new() -> Self {
        Self {
            wanted: true,
            todo: VecDeque::new(),
            covers: None,
            step: None,
            is_listing: false,
            removed: HashSet::new(),
        }
    }

    /// Asks for another look into the mailbox.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// Begins the next step, if there is one to take and room for it.
    pub(super) fn proceed(&mut self, node: &Arc<Node>, live: &Live) {
        if self.step.is_some() {
            return;
        }
        if !self.todo.is_empty() {
            self.fetch(node, live);
        } else if self.wanted && live.room() > 0 {
            self.wanted = false;
            self.list(node, live);
        }
    }

    /// What the step that was begun brings; waits for ever where none was.
    pub(super) async fn step(&mut self) -> Step {
        let Some(step) = &mut self.step else {
            return pending().await;
        };
        let brought = step.await;
        self.step = None;
        self.is_listing = false;
        brought
    }

    /// Notes that this mail is being taken out of the mailbox: a listing that was begun before may
    /// still name it, and it must not be written a second time.
    pub(super) fn forget(&mut self, mail: &[MailName]) {
        if self.is_listing {
            self.removed.extend(mail.iter().cloned());
        }
    }

    /// Takes up what a listing named.
    pub(super) fn take_up(&mut self, mut waiting: VecDeque<Waiting>, covers: Option<u64>) {
        waiting.retain(|mail| !self.removed.contains(&mail.name));
        self.removed.clear();
        self.todo = waiting;
        self.covers = covers;
    }

    /// The count of mail that is taken up, once all that was listed is.
    pub(super) fn covered(&mut self) -> Option<u64> {
        if self.todo.is_empty() {
            self.covers.take()
        } else {
            None
        }
    }

    fn list(&mut self, node: &Arc<Node>, live: &Live) {
        let store = Arc::clone(&node.store);
        let agent = live.resident.id.clone();
        let covers = live.resident.gate.settled();
        let list = async move { Step::Listed(store.waiting(&agent).await, covers) };
        self.step = Some(list.boxed());
        self.is_listing = true;
        self.removed.clear();
    }

    fn fetch(&mut self, node: &Arc<Node>, live: &Live) {
        let wanted = self.todo.len().min(PORTION);
        let places = (0..wanted).take_while(|_| live.take_room()).count();
        if places == 0 {
            return;
        }
        let rows = self.todo.drain(..places).map(|mail| mail.row).collect();
        let store = Arc::clone(&node.store);
        let fetch = async move { Step::Fetched(store.mail(rows).await, places) };
        self.step = Some(fetch.boxed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::fixture;
    use crate::relay::store::MailRow;

    #[test]
    fn what_is_acknowledged_while_a_listing_runs_is_not_taken_up_again() {
        let name = |id: &str| MailName::of(&fixture::message(id, "hi"));
        let listed = |ids: &[&str]| -> VecDeque<Waiting> {
            let named = ids.iter().map(|id| Waiting {
                row: MailRow(1),
                name: name(id),
            });
            named.collect()
        };
        let mut drain = Drain::new();
        drain.forget(&[name("a")]);
        drain.take_up(listed(&["a", "b"]), None);
        assert_eq!(
            drain.todo.len(),
            2,
            "nothing was listed when it was removed"
        );

        drain.is_listing = true;
        drain.forget(&[name("a")]);
        drain.take_up(listed(&["a", "b"]), None);
        assert_eq!(drain.todo, listed(&["b"]));
        assert!(drain.removed.is_empty());
    }
}
