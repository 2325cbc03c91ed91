//! Named tasks that end together: the only way to start one.
//!
//! A [`Tasks`] is one scope, a daemon or a relay. Cancelling it asks every task to stop; draining
//! it waits for them under one deadline. A task that panics is reported by name and cancels the
//! scope, so that a half-dead process never goes on serving.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

/// A scope of tasks. Cheap to clone; clones are the same scope.
#[derive(Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    /// That of the scope of which this is a part.
    stop_all: CancellationToken,
    broken: CancellationToken,
}

/// Some tasks were still running when the deadline for stopping passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{running} tasks were still running at the deadline")]
pub struct DrainTimeout {
    /// How many.
    pub running: usize,
}

impl Tasks {
    /// An empty scope.
    pub fn new() -> Self {
        let stop = CancellationToken::new();
        Self {
            tracker: TaskTracker::new(),
            stop_all: stop.clone(),
            stop,
            broken: CancellationToken::new(),
        }
    }

    /// Starts `task` under `name` on the current runtime.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let scope = self.clone();
        self.tracker.spawn(async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                scope.report_panic(name);
            }
        });
    }

    /// Starts a thread of its own under `name`, for work that blocks. The scope's drain waits for
    /// it, so the work must end once [`Tasks::stopping`] is cancelled or its queue is closed.
    pub fn spawn_thread<F>(&self, name: &'static str, work: F) -> std::io::Result<()>
    where
        F: FnOnce() + Send + 'static,
    {
        let (ended, wait) = oneshot::channel::<()>();
        let scope = self.clone();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _ended = ended;
                if std::panic::catch_unwind(AssertUnwindSafe(work)).is_err() {
                    scope.report_panic(name);
                }
            })?;
        self.tracker.spawn(async move {
            let _ = wait.await;
        });
        Ok(())
    }

    /// A part of the scope that is drained by itself: asked to stop alone or with the whole, and a
    /// panic in it stops the whole.
    pub fn part(&self) -> Tasks {
        Tasks {
            tracker: TaskTracker::new(),
            stop: self.stop.child_token(),
            stop_all: self.stop_all.clone(),
            broken: self.broken.clone(),
        }
    }

    /// A token that is cancelled when the scope is to stop.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// Whether a task has panicked, or something that all need broke.
    pub fn is_broken(&self) -> bool {
        self.broken.is_cancelled()
    }

    /// Stops every task because something that all need is broken; the caller has said what.
    pub fn break_off(&self) {
        self.broken.cancel();
        self.stop_all.cancel();
    }

    /// Asks every task to stop.
    pub fn cancel(&self) {
        self.stop.cancel();
    }

    /// Waits until every task has ended, at most for `deadline`.
    pub async fn drain(&self, deadline: Duration) -> Result<(), DrainTimeout> {
        self.tracker.close();
        tokio::time::timeout(deadline, self.tracker.wait())
            .await
            .map_err(|_| DrainTimeout {
                running: self.tracker.len(),
            })
    }

    fn report_panic(&self, name: &'static str) {
        error!(
            task.name = name,
            "task {name} panicked, stopping everything"
        );
        self.break_off();
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("running", &self.tracker.len())
            .field("stopping", &self.stop.is_cancelled())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_stops_the_whole_scope() {
        let tasks = Tasks::new();
        let stop = tasks.stopping().clone();
        tasks.spawn("steady", async move { stop.cancelled().await });
        tasks.spawn("faulty", async { panic!("on purpose") });
        assert_eq!(tasks.drain(Duration::from_secs(5)).await, Ok(()));
        assert!(tasks.is_broken());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_stop_is_counted() {
        let tasks = Tasks::new();
        tasks.spawn("deaf", std::future::pending());
        tasks.cancel();
        let late = tasks.drain(Duration::from_secs(10)).await;
        assert_eq!(late, Err(DrainTimeout { running: 1 }));
        assert!(!tasks.is_broken());
    }

    #[tokio::test]
    async fn a_part_is_drained_by_itself_and_stops_with_the_whole() {
        let tasks = Tasks::new();
        let part = tasks.part();
        let stop = tasks.stopping().clone();
        tasks.spawn("whole", std::future::pending());
        part.spawn("part", async move { stop.cancelled().await });
        tasks.cancel();
        assert_eq!(part.drain(Duration::from_secs(5)).await, Ok(()));
    }

    #[tokio::test]
    async fn a_part_stops_alone_and_breaks_with_the_whole() {
        let tasks = Tasks::new();
        let (part, other) = (tasks.part(), tasks.part());
        part.cancel();
        let stopped = [&part, &other, &tasks].map(|scope| scope.stopping().is_cancelled());
        assert_eq!(stopped, [true, false, false]);
        other.spawn("faulty", async { panic!("on purpose") });
        other.drain(Duration::from_secs(5)).await.unwrap();
        assert!(tasks.is_broken() && tasks.stopping().is_cancelled());
    }

    #[tokio::test]
    async fn a_thread_belongs_to_the_scope() {
        let tasks = Tasks::new();
        tasks.spawn_thread("worker", || ()).unwrap();
        assert_eq!(tasks.drain(Duration::from_secs(5)).await, Ok(()));
    }
}
