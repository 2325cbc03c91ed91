//! Follows one file and hands on what it says, each time it says something new.
//!
//! Between the floors, like the clock. A [`Lookout`] says when a file changed, and is there for
//! whoever follows several at once. A version that cannot be read leaves the last good one in force
//! and says what is wrong with it.

mod lookout;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::tasks::Tasks;
pub(crate) use lookout::Lookout;

/// The newest that is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Followed<T> {
    /// The last version that could be read; absent where none could yet.
    pub(crate) good: Option<Arc<T>>,
    /// What is wrong with the newest version, if anything.
    pub(crate) problem: Option<String>,
}

/// Follows the file at `path` with `read`, which must not write it, until `tasks` stops.
///
/// The first version is there when this returns.
pub(crate) async fn follow<T, E, R>(
    tasks: &Tasks,
    path: PathBuf,
    read: R,
) -> watch::Receiver<Followed<T>>
where
    T: PartialEq + Send + Sync + 'static,
    E: fmt::Display,
    R: Fn(&Path) -> Result<T, E> + Send + Sync + 'static,
{
    // Watching comes before the first reading, so that no change falls between the two.
    let mut lookout = Lookout::over([path.clone()]).await;
    let file = File {
        path,
        read: Arc::new(read),
    };
    let (told, newest) = watch::channel(Followed {
        good: None,
        problem: None,
    });
    file.read_into(&told).await;
    let stop = tasks.stopping().clone();
    tasks.spawn("follow", async move {
        let followed = async {
            loop {
                lookout.changed().await;
                file.read_into(&told).await;
            }
        };
        stop.run_until_cancelled(followed).await;
    });
    newest
}

struct File<R> {
    path: PathBuf,
    read: Arc<R>,
}

impl<T, E, R> File<R>
where
    T: PartialEq + Send + Sync + 'static,
    E: fmt::Display,
    R: Fn(&Path) -> Result<T, E> + Send + Sync + 'static,
{
    async fn read_into(&self, told: &watch::Sender<Followed<T>>) {
        let (path, read) = (self.path.clone(), Arc::clone(&self.read));
        let version = blocking(move || {
            let version = read(&path).map_err(|error| error.to_string());
            (version, path.exists())
        });
        let (version, is_there) = version.await.unzip();
        let path = self.path.display();
        told.send_if_modified(|newest| match version {
            Some(Ok(value)) => {
                let is_new = newest.problem.is_some() || newest.good.as_deref() != Some(&value);
                if is_new {
                    match is_there {
                        Some(false) => info!(file.path = %path, "there is no `{path}`"),
                        Some(true) | None => info!(file.path = %path, "read `{path}`"),
                    }
                    newest.good = Some(Arc::new(value));
                    newest.problem = None;
                }
                is_new
            }
            Some(Err(problem)) => {
                let is_new = newest.problem.as_ref() != Some(&problem);
                if is_new {
                    warn!(file.path = %path, "kept the last good version of `{path}`: {problem}");
                    newest.problem = Some(problem);
                }
                is_new
            }
            None => false,
        });
    }
}

/// Does `work` where it may block; `None` where the runtime is ending.
async fn blocking<V: Send + 'static>(work: impl FnOnce() -> V + Send + 'static) -> Option<V> {
    tokio::task::spawn_blocking(work).await.ok()
}
