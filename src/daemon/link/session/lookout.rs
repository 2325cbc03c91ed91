//! Looking into the outbox for what may go, one look at a time: after each reason to, and when a
//! message that waited is due.

use std::collections::HashSet;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::daemon::outbound::Outbox;
use crate::daemon::outbound::outbox::Ready;
use crate::daemon::rows::RowId;
use crate::db::DbError;
use crate::types::Timestamp;
use crate::wire::Features;

/// When to look, and the look that is under way.
pub(super) struct Lookout {
    outbox: Outbox,
    /// None for a version 1 relay.
    features: Option<Features>,
    wanted: bool,
    due: Option<Timestamp>,
    looking: Option<BoxFuture<'static, Result<Ready, DbError>>>,
}

impl Lookout {
    /// A first look is wanted at once; `features` are those of the relay.
    pub(super) fn new(outbox: Outbox, features: Option<Features>) -> Self {
        Self {
            outbox,
            features,
            wanted: true,
            due: None,
            looking: None,
        }
    }

    /// There is a reason to look.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// There will be a reason to look at `due`, if there is none before.
    pub(super) fn want_at(&mut self, due: Timestamp) {
        self.due = Some(due);
    }

    /// It is `now`: what is due is wanted.
    pub(super) fn tick(&mut self, now: Timestamp) {
        if self.due.is_some_and(|due| due <= now) {
            self.due = None;
            self.wanted = true;
        }
    }

    /// Starts a look for up to `room` messages but those in `busy`, where one is wanted.
    pub(super) fn start(&mut self, room: usize, busy: impl FnOnce() -> HashSet<RowId>) {
        if !self.wanted || self.looking.is_some() || room == 0 {
            return;
        }
        self.wanted = false;
        let (outbox, features, busy) = (self.outbox.clone(), self.features, busy());
        let look = async move {
            let ready = outbox.ready(room, busy).await?;
            if features.is_none() {
                outbox.ask(&ready.messages).await?;
            }
            Ok(ready)
        };
        self.looking = Some(look.boxed());
    }

    /// What the look that is under way found; never, while there is none.
    pub(super) async fn next(&mut self) -> Result<Ready, DbError> {
        match &mut self.looking {
            Some(looking) => {
                let found = looking.await;
                self.looking = None;
                found
            }
            None => std::future::pending().await,
        }
    }
}
