//! Follows one file and hands on what it says, each time it says something new.
//!
//! The folder is watched, so that a rename over the file, a file cut and written again, and one
//! deleted and made anew are all seen. A look at the file's size and times every [`SWEEP`] stands
//! behind that: where the system watches nothing, or a link leads out of the folder, a change is
//! seen a little later and not never. A version that cannot be read leaves the last good one in
//! force and says what is wrong with it.

use std::ffi::OsStr;
use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tracing::{info, warn};

use crate::tasks::Tasks;

/// How often the file is looked at without being told of a change.
const SWEEP: Duration = Duration::from_secs(2);

/// A file is read once nothing happened to it for so long: writers write in pieces.
const QUIET: Duration = Duration::from_millis(100);

/// A file that never rests is read nevertheless after so long.
const PATIENCE: Duration = Duration::from_millis(500);

/// The newest that is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Followed<T> {
    /// The last version that could be read; absent where none could yet.
    pub(in crate::daemon) good: Option<Arc<T>>,
    /// What is wrong with the newest version, if anything.
    pub(in crate::daemon) problem: Option<String>,
}

/// Follows the file at `path` with `read`, which must not write it, until `tasks` stops.
///
/// The first version is there when this returns.
pub(in crate::daemon) async fn follow<T, E, R>(
    tasks: &Tasks,
    path: PathBuf,
    read: R,
) -> watch::Receiver<Followed<T>>
where
    T: PartialEq + Send + Sync + 'static,
    E: fmt::Display,
    R: Fn(&Path) -> Result<T, E> + Send + Sync + 'static,
{
    let touched = Arc::new(Notify::new());
    // Watching comes before the first reading, so that no change falls between the two.
    let watcher = watch_folder(&path, &touched);
    let mut file = File::new(path, read);
    file.look().await;
    let (told, newest) = watch::channel(Followed {
        good: None,
        problem: None,
    });
    file.read_into(&told).await;
    let stop = tasks.stopping().clone();
    tasks.spawn("follow", async move {
        let _watcher = watcher;
        let followed = file.follow(&touched, &told);
        stop.run_until_cancelled(followed).await;
    });
    newest
}

struct File<R> {
    path: PathBuf,
    read: Arc<R>,
    seen: Option<Look>,
}

/// What tells one version of a file from another at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    len: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl<T, E, R> File<R>
where
    T: PartialEq + Send + Sync + 'static,
    E: fmt::Display,
    R: Fn(&Path) -> Result<T, E> + Send + Sync + 'static,
{
    async fn follow(&mut self, touched: &Notify, told: &watch::Sender<Followed<T>>) {
        let mut sweep = interval(SWEEP);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = touched.notified() => {}
                _ = sweep.tick() => {
                    if !self.look().await {
                        continue;
                    }
                }
            }
            settle(touched).await;
            self.look().await;
            self.read_into(told).await;
        }
    }

    async fn read_into(&self, told: &watch::Sender<Followed<T>>) {
        let (path, read) = (self.path.clone(), Arc::clone(&self.read));
        let version = blocking(move || read(&path).map_err(|error| error.to_string())).await;
        let path = self.path.display();
        told.send_if_modified(|newest| match version {
            Some(Ok(value)) => {
                let is_new = newest.problem.is_some() || newest.good.as_deref() != Some(&value);
                if is_new {
                    info!(file.path = %path, "read `{path}`");
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

impl<R> File<R> {
    fn new(path: PathBuf, read: R) -> Self {
        Self {
            path,
            read: Arc::new(read),
            seen: None,
        }
    }

    /// Looks at the file, and says whether it looks otherwise than the last time.
    async fn look(&mut self) -> bool {
        let path = self.path.clone();
        let look = blocking(move || std::fs::metadata(path).ok()).await;
        let look = look.flatten().map(|metadata| Look::at(&metadata));
        let is_other = look != self.seen;
        self.seen = look;
        is_other
    }
}

impl Look {
    fn at(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            inode: inode(metadata),
        }
    }
}

/// Waits until the file rests, though not for ever.
async fn settle(touched: &Notify) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let quiet = (Instant::now() + QUIET).min(deadline);
        tokio::select! {
            biased;
            // First, so that a file that never rests is read all the same.
            () = sleep_until(quiet) => return,
            () = touched.notified() => {}
        }
    }
}

fn watch_folder(path: &Path, touched: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let name = path.file_name()?.to_owned();
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return None,
    };
    let touched = Arc::clone(touched);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| concerns(&event, &name)) {
            touched.notify_one();
        }
    });
    let watched = watcher.and_then(|mut watcher| {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    match watched {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            let folder = folder.display();
            warn!("looking at `{folder}` every {SWEEP:?}, it cannot be watched: {error}");
            None
        }
    }
}

/// Whether an event can mean another content of the file called `name`. Reading it is an event
/// too, and must not be one that leads to reading it.
fn concerns(event: &notify::Event, name: &OsStr) -> bool {
    if event.need_rescan() {
        return true;
    }
    let may_write = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    };
    may_write
        && event
            .paths
            .iter()
            .any(|path| path.file_name() == Some(name))
}

/// Does `work` where it may block; `None` where the runtime is ending.
async fn blocking<V: Send + 'static>(work: impl FnOnce() -> V + Send + 'static) -> Option<V> {
    tokio::task::spawn_blocking(work).await.ok()
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests;
