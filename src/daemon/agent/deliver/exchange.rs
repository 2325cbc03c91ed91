//! One request to the hook and its answer, from the note on disk that it is made to the meaning of
//! what came back.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::error;

use super::hook_in_force::HookInForce;
use super::{DATABASE_REST, Event};
use crate::clock::Clock;
use crate::daemon::agent::gateway::Gateway;
use crate::daemon::agent::hook::{self, Answer, Call, Manner};
use crate::daemon::agent::render::{Facts, FenceKey, render};
use crate::daemon::inbound::{Admitted, Inbox};
use crate::db::DbError;
use crate::fault::{self, Point};

/// A request that is to be made.
pub(super) struct Exchange {
    pub(super) inbox: Inbox,
    pub(super) gateway: Gateway,
    pub(super) hook: Arc<HookInForce>,
    pub(super) timeout: Duration,
    pub(super) clock: Clock,
    pub(super) message: Arc<Admitted>,
    pub(super) session: Option<String>,
    pub(super) call: Call,
}

impl Exchange {
    /// Makes the request. What cannot be noted, or waits no more, is not asked for.
    pub(super) async fn make(self) -> Event {
        let row = self.message.row();
        match self.inbox.ask(&self.message).await {
            Ok(true) => {}
            Ok(false) => return Event::Settled(row),
            Err(why) => {
                say(&why);
                sleep(DATABASE_REST).await;
                return Event::Settled(row);
            }
        }
        fault::point(Point::HookReady);
        let reply = self
            .gateway
            .post(&self.hook.endpoint, self.call, self.timeout);
        let reply = fault::while_waiting(Point::HookAsked, reply).await;
        let answer = hook::read(&reply, self.session.as_deref(), self.clock.now());
        fault::point(Point::HookAnswered);
        if waits_on(&answer)
            && let Err(why) = self.inbox.not_taken(row).await
        {
            say(&why);
        }
        Event::Answered {
            message: self.message,
            answer,
        }
    }
}

/// The request that hands `message` over.
pub(super) fn call(message: &Admitted, fences: &FenceKey, manner: Manner<'_>) -> Call {
    let facts = Facts {
        from: message.from(),
        trust: message.trust(),
        conversation: message.conversation(),
        message_id: message.message_id(),
        received_at: message.received_at(),
        annotations: message.annotations(),
    };
    let (from, id, content) = (message.from(), message.message_id(), message.content());
    let text = render(&facts, content, &fences.fence(from, id, content));
    hook::call(from, id, &text, manner)
}

/// Whether nothing was run, nothing will be written about it, and it does not go again at once.
fn waits_on(answer: &Answer) -> bool {
    match answer {
        Answer::Pause { .. } | Answer::Away { .. } => true,
        Answer::Admitted { .. }
        | Answer::RetryWithoutSession
        | Answer::Never { .. }
        | Answer::Later { .. } => false,
    }
}

fn say(why: &DbError) {
    error!("that the gateway is asked cannot be noted: {why}");
}
