//! Says when any of some files was changed and all of them rest.
//!
//! Their folders are watched, so that a rename over a file, a file cut and written again, and one
//! deleted and made anew are all seen. A look at each file's size and times every [`SWEEP`] stands
//! behind that: where the system watches nothing, or a link leads out of the folder, a change is
//! seen a little later and not never. Reads no file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};
use tracing::warn;

use super::blocking;

/// How often the files are looked at without being told of a change.
const SWEEP: Duration = Duration::from_secs(1);

/// Files rest once nothing happened to them for so long: writers write in pieces, and several
/// files one after another.
const QUIET: Duration = Duration::from_millis(100);

/// Files that never rest are taken as they are after so long.
const PATIENCE: Duration = Duration::from_millis(500);

/// Watches some files.
#[derive(Debug)]
pub(crate) struct Lookout {
    touched: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    seen: BTreeMap<PathBuf, Option<Look>>,
    sweep: Interval,
    /// Whether a change was noticed that nobody has been told of yet.
    is_pending: bool,
}

/// What tells one version of a file from another at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    len: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Lookout {
    /// Watches `files`: what happens to them from now on is seen.
    pub(crate) async fn over(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut sweep = interval(SWEEP);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut lookout = Self {
            touched: Arc::new(Notify::new()),
            watcher: None,
            seen: BTreeMap::new(),
            sweep,
            is_pending: false,
        };
        lookout.watch(files).await;
        lookout
    }

    /// Watches `files` in place of those before.
    pub(crate) async fn watch(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        let files: BTreeSet<PathBuf> = files.into_iter().collect();
        if files.iter().eq(self.seen.keys()) {
            return;
        }
        // The new watcher is there before the old one goes, and before anybody looks.
        self.watcher = watch_folders(&files, &self.touched);
        let looks = look_at(files.clone()).await;
        let before = std::mem::take(&mut self.seen);
        for (file, look) in looks {
            // A file that was watched before keeps what was seen of it, so that no change is lost.
            let look = before.get(&file).copied().unwrap_or(look);
            self.seen.insert(file, look);
        }
    }

    /// Waits until one of the files may say something else and all of them rest. Nothing is lost
    /// where this is given up before it ends.
    pub(crate) async fn changed(&mut self) {
        if !self.is_pending {
            self.notice().await;
            self.is_pending = true;
        }
        settle(&self.touched).await;
        self.look().await;
        self.is_pending = false;
    }

    async fn notice(&mut self) {
        loop {
            tokio::select! {
                () = self.touched.notified() => return,
                _ = self.sweep.tick() => {
                    if self.look().await {
                        return;
                    }
                }
            }
        }
    }

    /// Looks at the files, and says whether one looks otherwise than the last time.
    async fn look(&mut self) -> bool {
        let looks = look_at(self.seen.keys().cloned().collect()).await;
        let is_other = !looks.is_empty() && looks != self.seen;
        if is_other {
            self.seen = looks;
        }
        is_other
    }
}

impl Look {
    fn at(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            inode: std::os::unix::fs::MetadataExt::ino(metadata),
        }
    }
}

async fn look_at(files: BTreeSet<PathBuf>) -> BTreeMap<PathBuf, Option<Look>> {
    let looks = blocking(move || {
        let looks = files.into_iter().map(|file| {
            let look = std::fs::metadata(&file).ok();
            (file, look.map(|metadata| Look::at(&metadata)))
        });
        looks.collect()
    });
    looks.await.unwrap_or_default()
}

/// Waits until the files rest, though not for ever.
async fn settle(touched: &Notify) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let quiet = (Instant::now() + QUIET).min(deadline);
        tokio::select! {
            biased;
            // First, so that files that never rest are read all the same.
            () = sleep_until(quiet) => return,
            () = touched.notified() => {}
        }
    }
}

fn watch_folders(files: &BTreeSet<PathBuf>, touched: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let names: BTreeSet<OsString> = files
        .iter()
        .filter_map(|file| file.file_name().map(OsStr::to_owned))
        .collect();
    let touched = Arc::clone(touched);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| concerns(&event, &names)) {
            touched.notify_one();
        }
    });
    let mut watcher = match watcher {
        Ok(watcher) => watcher,
        Err(error) => {
            warn!("looking at the followed files every {SWEEP:?}: {error}");
            return None;
        }
    };
    let folders: BTreeSet<&Path> = files.iter().filter_map(|file| folder_of(file)).collect();
    for folder in folders {
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            let folder = folder.display();
            warn!("looking at `{folder}` every {SWEEP:?}, it cannot be watched: {error}");
        }
    }
    Some(watcher)
}

fn folder_of(file: &Path) -> Option<&Path> {
    match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Some(Path::new(".")),
        Some(folder) => Some(folder),
        None => None,
    }
}

/// Whether an event can mean another content of a file of these names. Reading a file is an event
/// too, and must not be one that leads to reading it.
fn concerns(event: &notify::Event, names: &BTreeSet<OsString>) -> bool {
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
    let mut files = event.paths.iter().filter_map(|path| path.file_name());
    may_write && files.any(|name| names.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_a_file_is_no_change_of_it() {
        let event = |kind| notify::Event::new(kind).add_path("/home/me/number".into());
        let named = |name: &str| BTreeSet::from([OsString::from("first"), OsString::from(name)]);
        for (kind, is_change) in [
            (EventKind::Access(AccessKind::Open(AccessMode::Read)), false),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Read)),
                false,
            ),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                true,
            ),
            (EventKind::Create(notify::event::CreateKind::File), true),
            (EventKind::Remove(notify::event::RemoveKind::File), true),
        ] {
            assert_eq!(
                concerns(&event(kind), &named("number")),
                is_change,
                "{kind:?}"
            );
            assert!(!concerns(&event(kind), &named("other")), "{kind:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn files_rest_after_a_while_of_quiet_and_are_waited_for_no_longer_than_that() {
        for (touches, rests_after) in [(0, 100), (3, 100 + 3 * 60), (100, 500)] {
            let touched = Arc::new(Notify::new());
            let writer = async {
                for _ in 0..touches {
                    tokio::time::sleep(Duration::from_millis(60)).await;
                    touched.notify_one();
                }
                std::future::pending::<()>().await;
            };
            let begun = Instant::now();
            tokio::select! {
                () = writer => {}
                () = settle(&touched) => {}
            }
            let took = begun.elapsed().as_millis();
            assert!(
                (rests_after..rests_after + 70).contains(&took),
                "{touches} touches rest after {took} ms"
            );
        }
    }

    #[tokio::test]
    async fn several_files_written_at_once_are_one_change() {
        let home = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = (0..5)
            .map(|n| home.path().join(format!("{n}/module.wasm")))
            .collect();
        for file in &files {
            std::fs::create_dir(file.parent().unwrap()).unwrap();
            std::fs::write(file, "old").unwrap();
        }
        let mut lookout = Lookout::over(files.clone()).await;
        for file in &files {
            std::fs::write(file, "newer").unwrap();
        }
        lookout.changed().await;
        let again = tokio::time::timeout(3 * SWEEP, lookout.changed()).await;
        assert!(again.is_err(), "seen twice");
    }

    #[tokio::test]
    async fn a_change_that_was_waited_for_in_vain_is_not_lost() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "1").unwrap();
        let mut lookout = Lookout::over([file.clone()]).await;
        std::fs::write(&file, "22").unwrap();
        // Given up while it waits for the file to rest, and the files changed to watch another too.
        lookout.notice().await;
        lookout.is_pending = true;
        drop(tokio::time::timeout(Duration::ZERO, lookout.changed()).await);
        lookout
            .watch([file.clone(), home.path().join("more")])
            .await;
        let seen = tokio::time::timeout(Duration::from_secs(10), lookout.changed()).await;
        assert!(seen.is_ok());
    }
}
