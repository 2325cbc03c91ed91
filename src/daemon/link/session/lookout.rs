//! Looking into the outbox for what may go, one look at a time: after each reason to, and when a
//! message that waited is due.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use crate::daemon::outbound::Outbox;
use crate::daemon::outbound::outbox::Ready;
use crate::daemon::rows::RowId;
use crate::db::DbError;

/// When to look, and the look that is under way.
pub(super) struct Lookout {
    outbox: Outbox,
    wanted: bool,
    due: Option<Instant>,
    looking: Option<BoxFuture<'static, Result<Ready, DbError>>>,
}

impl Lookout {
    /// A first look is wanted at once.
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            wanted: true,
            due: None,
            looking: None,
        }
    }

    /// There is a reason to look.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// Looks again after a while if nothing else happens.
    pub(super) fn want_after(&mut self, wait: Duration) {
        self.due = Some(Instant::now() + wait);
    }

    /// Starts a look for up to `room` messages but those in `busy`, where one is wanted.
    pub(super) fn start(&mut self, room: usize, busy: impl FnOnce() -> HashSet<RowId>) {
        if !self.wanted || self.looking.is_some() || room == 0 {
            return;
        }
        self.wanted = false;
        let (outbox, busy) = (self.outbox.clone(), busy());
        self.looking = Some(async move { outbox.ready(room, busy).await }.boxed());
    }

    /// What the look that is under way found; or nothing, when a look became due.
    pub(super) async fn next(&mut self) -> Option<Result<Ready, DbError>> {
        match (&mut self.looking, self.due) {
            (Some(looking), _) => {
                let found = looking.await;
                self.looking = None;
                Some(found)
            }
            (None, Some(due)) => {
                sleep_until(due).await;
                self.due = None;
                self.wanted = true;
                None
            }
            (None, None) => std::future::pending().await,
        }
    }
}
