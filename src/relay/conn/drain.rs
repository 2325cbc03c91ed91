//! Empties a mailbox onto a connection, in order, as far as the connection has room.
//!
//! First the names of all that waits are listed, then the mail is fetched in portions. A listing
//! covers everything that was submitted to the mailbox before it; once all that it named is
//! written, new mail need no longer go behind.

use std::collections::VecDeque;
use std::future::pending;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;

use crate::relay::hub::Live;
use crate::relay::node::Node;
use crate::relay::store::{StoreError, StoredMail, Waiting};

/// How many messages are fetched at once.
const PORTION: usize = 32;

/// How far the emptying came.
pub(super) struct Drain {
    wanted: bool,
    todo: VecDeque<Waiting>,
    covers: Option<u64>,
    step: Option<BoxFuture<'static, Step>>,
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
        brought
    }

    /// Takes up what a listing named.
    pub(super) fn take_up(&mut self, waiting: VecDeque<Waiting>, covers: Option<u64>) {
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
