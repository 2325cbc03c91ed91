//! The end of delivering: what is under way is let end, and what did not is marked.

use futures_util::StreamExt;
use tokio::time::timeout;
use tracing::error;

use super::{Answer, Deliver, Event, Settled};

impl Deliver {
    /// Ends in order: of nothing that waits is it unknown afterwards whether the agent has it, unless
    /// its row says so.
    pub(super) async fn finish(mut self) {
        if self.let_end().await
            && let Err(error) = self.inbox.asked_nothing().await
        {
            error!("messages that never left are marked as if they had: {error}");
        }
    }

    /// Lets what is under way end. What has not ended then may or may not have reached the agent,
    /// and its row says so; false where that could not be written.
    async fn let_end(&mut self) -> bool {
        let grace = self.terms.grace;
        let ended = async {
            while let Some(event) = self.under_way.next().await {
                self.take_last(event);
            }
        };
        if timeout(grace, ended).await.is_ok() {
            return true;
        }
        let now = self.clock.now();
        let mut is_written = true;
        for (row, attempts) in self.lanes.under_way() {
            let settled = Settled::Retry {
                attempts,
                next_attempt_at: now,
                why: "the daemon stopped before the gateway answered".to_owned(),
                may_repeat: true,
            };
            if let Err(error) = self.inbox.settle(row, settled).await {
                error!("a message may be run twice and its row does not say so: {error}");
                is_written = false;
            }
        }
        is_written
    }

    fn take_last(&mut self, event: Event) {
        match event {
            Event::Answered {
                batch,
                answer: Answer::RetryWithoutSession,
            } => self.lanes.leave(batch.row()),
            Event::Answered { .. } | Event::Settled(_) => self.take(event),
        }
    }
}
