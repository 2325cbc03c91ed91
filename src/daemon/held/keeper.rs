//! The task that releases what is held until a moment. The moments are in the rows, so they outlive
//! the process: it sleeps until the earliest, and looks again when a message is held.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{HeldBox, Release, rows, warn_of};
use crate::daemon::inbound::inbox;
use crate::daemon::story;
use crate::db::DbError;

/// How many are released before looking again.
const BATCH: usize = 64;

/// The longest sleep: the day's clock may be set, or the machine have slept meanwhile.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// How long a failed database is left alone.
const DATABASE_REST: Duration = Duration::from_secs(1);

impl HeldBox {
    /// Releases each message whose moment has come, until `stop`. What a policy of an earlier run
    /// failed on is judged again first: that run's chain is gone. It is judged again too when
    /// `published`, the count of the chains that came after, changes.
    pub(in crate::daemon) async fn keep(
        self,
        published: watch::Receiver<u64>,
        stop: CancellationToken,
    ) {
        let kept = async {
            self.judge_failed_again().await;
            self.release_in_time(published).await;
        };
        stop.run_until_cancelled(kept).await;
    }

    async fn judge_failed_again(&self) {
        if let Err(why) = self.judge_again_after_reload().await {
            warn!("what is held for a policy's failure could not be judged again: {why}");
        }
    }

    async fn release_in_time(&self, mut published: watch::Receiver<u64>) {
        let held = [inbox::RowState::Held.as_str()];
        loop {
            // Listening begins before looking, and anew each time: what was told by this very task
            // is no reason to look again.
            let mut events = self.events.listen();
            let rest = self.release_due().await.unwrap_or_else(|why| {
                warn!("what is held cannot be looked at: {why}");
                DATABASE_REST
            });
            tokio::select! {
                // Its moment may be the next.
                () = story::until_one_is(&held, &mut events) => {}
                Ok(()) = published.changed() => self.judge_failed_again().await,
                () = sleep(rest) => {}
            }
        }
    }

    /// Releases what is due and gives the time after which to look again.
    async fn release_due(&self) -> Result<Duration, DbError> {
        let now = self.clock.now();
        let due = self
            .db
            .read(move |connection| rows::due(connection, now, BATCH))
            .await?;
        let mut rest = LONGEST_REST;
        for place in &due {
            if let Err(why) = self.return_to_chain(*place, Release::Time).await {
                warn_of(*place, &why);
                rest = DATABASE_REST;
            }
        }
        if due.len() == BATCH && rest == LONGEST_REST {
            return Ok(Duration::ZERO);
        }
        let next = self.db.read(rows::next_until).await?;
        // Rounded up by the timer's own grain, so that the moment has come when it wakes.
        let until_next = next.map(|until| until.since(now).max(Duration::from_millis(1)));
        Ok(match until_next {
            Some(wait) if rest == LONGEST_REST => wait.min(LONGEST_REST),
            Some(_) | None => rest,
        })
    }
}
