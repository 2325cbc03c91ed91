//! One request: what waits is bound together and on disk, then it goes, and its answer is read.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::error;

use super::hook_in_force::HookInForce;
use super::{DATABASE_REST, Event};
use crate::clock::Clock;
use crate::daemon::agent::batch::{self, Candidate};
use crate::daemon::agent::gateway::Gateway;
use crate::daemon::agent::hook::{self, Answer, Call, Manner};
use crate::daemon::agent::render::{Facts, FenceKey, Part, render};
use crate::daemon::inbound::{Admitted, Batch, Inbox, is_proven};
use crate::daemon::rows::RowId;
use crate::db::DbError;
use crate::fault::{self, Point};

/// All that a request takes.
pub(super) struct Request {
    pub(super) inbox: Inbox,
    pub(super) gateway: Gateway,
    pub(super) hook: Arc<HookInForce>,
    pub(super) fences: FenceKey,
    pub(super) second_turn: bool,
    pub(super) timeout: Duration,
    pub(super) clock: Clock,
}

/// Whether a request names its session.
#[derive(Debug, Clone, Copy)]
pub(super) enum Session {
    Named,
    Unnamed,
}

impl Request {
    /// Hands over the message at `head` with what goes with it. The batch is on disk before its
    /// request, so that a repeat is the same, whatever happens between.
    pub(super) async fn bind_and_send(self, head: RowId) -> Event {
        let fences = self.fences.clone();
        let together = move |waiting: &[Admitted]| together(waiting, &fences);
        match self.inbox.bind(head, batch::MOST, together).await {
            Ok(Some(batch)) => self.send(Arc::new(batch), Session::Named).await,
            Ok(None) | Err(DbError::Closing) => Event::Settled(head),
            Err(error) => {
                error!("nothing is handed over, the inbox cannot be written: {error}");
                sleep(DATABASE_REST).await;
                Event::Settled(head)
            }
        }
    }

    /// Hands over what is bound.
    pub(super) async fn send(self, batch: Arc<Batch>, session: Session) -> Event {
        let session = match session {
            Session::Named => self.hook.session_for(batch.first()),
            Session::Unnamed => None,
        };
        let call = self.call(&batch, session.as_deref());
        fault::point(Point::HookReady);
        let reply = self.gateway.post(&self.hook.endpoint, call, self.timeout);
        let reply = fault::while_waiting(Point::HookAsked, reply).await;
        let answer = hook::read(&reply, session.as_deref(), self.clock.now());
        fault::point(Point::HookAnswered);
        if matches!(answer, Answer::Admitted { .. }) {
            self.inbox.handed_over(&batch);
        }
        if waits_on(&answer)
            && let Err(error) = self.inbox.not_taken(batch.row()).await
        {
            error!("that the gateway did not take a message cannot be noted: {error}");
        }
        Event::Answered { batch, answer }
    }

    fn call(&self, batch: &Batch, session: Option<&str>) -> Call {
        let parts: Vec<Part<'_>> = batch
            .messages()
            .map(|message| part(message, &self.fences))
            .collect();
        let ids = batch.messages().map(Admitted::message_id);
        let manner = Manner {
            session,
            second_turn: self.second_turn,
        };
        let key = hook::idempotency_key(batch.first().from(), ids);
        hook::call(key, &render(&parts), manner)
    }
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

/// How many of those that wait go in one request.
fn together(waiting: &[Admitted], fences: &FenceKey) -> usize {
    let candidate = |message: &Admitted| Candidate {
        stored_at: message.stored_at(),
        is_proven: is_proven(message.annotations()),
        bytes: part(message, fences).bytes_in_json(),
    };
    batch::together(waiting.iter().map(candidate))
}

fn part<'a>(message: &'a Admitted, fences: &FenceKey) -> Part<'a> {
    let (from, id, content) = (message.from(), message.message_id(), message.content());
    Part {
        facts: Facts {
            from,
            trust: message.trust(),
            conversation: message.conversation(),
            message_id: id,
            received_at: message.received_at(),
            annotations: message.annotations(),
        },
        content,
        fence: fences.fence(from, id, content),
    }
}
