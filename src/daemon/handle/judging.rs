//! The handle's part for whoever answers what is held, or tries the policies out.

use super::Daemon;
use crate::daemon::held::Release;
use crate::daemon::trial::{self, Trial};
use crate::daemon::view::{
    EvaluateRequest, Evaluation, HeldAnswer, HeldMessage, HeldRefusal, TrialRefusal,
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
