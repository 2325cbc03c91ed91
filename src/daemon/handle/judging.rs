//! The handle's part for whoever answers what is held or was given up, or tries the policies out.

use super::Daemon;
use crate::daemon::dead::DeadLetters;
use crate::daemon::held::Release;
use crate::daemon::trial::{self, Trial};
use crate::daemon::view::{
    DeadAnswer, DeadMessage, DeadRefusal, EvaluateRequest, Evaluation, HeldAnswer, HeldMessage,
    HeldRefusal, TrialRefusal,
};
use crate::db::DbError;
use crate::types::{AgentId, MessageId};

impl Daemon {
    /// What is held, both ways, the oldest first, at most `limit`.
    pub async fn held(&self, limit: usize) -> Result<Vec<HeldMessage>, DbError> {
        self.0.held.list(limit).await
    }

    /// Has a held message judged again, with the holds answered that it has had. Where two authors'
    /// messages of that name are held, `from` says whose.
    pub async fn release(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
        release: Release,
    ) -> Result<Result<HeldAnswer, HeldRefusal>, DbError> {
        self.0.held.release(id, from, release).await
    }

    /// Refuses a held message; its author hears nothing new.
    pub async fn refuse(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
    ) -> Result<Result<HeldAnswer, HeldRefusal>, DbError> {
        self.0.held.refuse(id, from).await
    }

    /// What was given up: the newest `limit`, the oldest of them first.
    pub async fn dead(&self, limit: usize) -> Result<Vec<DeadMessage>, DbError> {
        self.dead_letters().list(limit).await
    }

    /// Has a message that was given up tried again, as if it had come now. Where two authors'
    /// messages of that name were given up, `from` says whose.
    pub async fn retry_dead(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
    ) -> Result<Result<DeadAnswer, DeadRefusal>, DbError> {
        self.dead_letters().retry(id, from).await
    }

    /// Lets a message go that was given up, with its text.
    pub async fn drop_dead(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
    ) -> Result<Result<DeadAnswer, DeadRefusal>, DbError> {
        self.dead_letters().let_go(id, from).await
    }

    fn dead_letters(&self) -> DeadLetters {
        let parts = &self.0;
        DeadLetters {
            me: parts.me.clone(),
            db: parts.db.clone(),
            lane: parts.lane.clone(),
            inbox: parts.inbox.clone(),
            outbox: parts.outbox.clone(),
            events: parts.events.clone(),
            clock: parts.clock.clone(),
        }
    }

    /// Has everything that is held for a policy's failure judged again. To be called once another
    /// chain is published.
    pub async fn judge_again_after_reload(&self) -> Result<(), DbError> {
        self.0.held.judge_again_after_reload().await
    }

    /// Says what the chain in force would do with a message, and touches nothing. One at a time.
    pub async fn evaluate(
        &self,
        request: EvaluateRequest,
    ) -> Result<Result<Evaluation, TrialRefusal>, DbError> {
        let parts = &self.0;
        if let Err(why) = trial::check(&request) {
            return Ok(Err(TrialRefusal::TooLong(why)));
        }
        let content = request.content.clone();
        let trial = Trial::new(request, &parts.me, parts.clock.now());
        let ruling = parts.lane.try_out(trial).await?;
        Ok(ruling
            .map(|ruling| trial::shown(ruling, content))
            .ok_or(TrialRefusal::Busy))
    }
}
