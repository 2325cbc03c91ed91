//! Folds the write-ahead log into the file, beside the writer.
//!
//! By itself SQLite folds in the commit that makes the log long, and all who wait for that commit wait
//! for the copying and for two more syncs. Here a thread copies while the writer goes on. What was
//! written meanwhile, a few pages, the writer folds once it has answered; the log begins anew at its
//! start only where no page is left.

use std::os::raw::c_int;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use tracing::debug;

use super::{OpenError, connect_reader};
use crate::tasks::Tasks;

/// From this length on the log is folded: that at which SQLite would, with pages of 4 KiB.
const LONG_BYTES: u64 = 4 * 1024 * 1024;

/// From this length on the writer folds, whether or not the thread is through: the disk's room and
/// the next start, which reads the log, have their bounds too.
const TOO_LONG_BYTES: u64 = 64 * 1024 * 1024;

/// What the writer knows of the folding.
#[derive(Debug)]
pub(super) struct Folding {
    /// How long the last commit left the log.
    log_bytes: Arc<AtomicU64>,
    ask: SyncSender<()>,
    is_asked: bool,
    /// Set by the thread where it has done what it was asked for.
    is_through: Arc<AtomicBool>,
}

/// What to do after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    /// Ask the thread.
    Ask,
    /// Fold what is left, here and now.
    Finish,
}

impl Folding {
    /// Starts the thread for the database at `path`, whose one writer is `connection`. It ends after
    /// the writer.
    pub(super) fn start(
        path: &Path,
        connection: &mut Connection,
        tasks: &Tasks,
    ) -> Result<Self, OpenError> {
        let failed = |source| OpenError::of(path, source);
        let beside = connect_reader(path).map_err(failed)?;
        let (folding, asked) = Self::watch(connection).map_err(failed)?;
        let is_through = Arc::clone(&folding.is_through);
        tasks
            .spawn_thread("db-fold", move || {
                while asked.recv().is_ok() {
                    fold(&beside);
                    is_through.store(true, Ordering::Release);
                }
            })
            .map_err(|source| OpenError::no_thread(path, source))?;
        Ok(folding)
    }

    /// Hears of the log from `connection`, which no longer folds by itself; the other end is asked.
    fn watch(connection: &mut Connection) -> rusqlite::Result<(Self, Receiver<()>)> {
        let page_bytes: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let log_bytes = Arc::new(AtomicU64::new(0));
        let noted = Arc::clone(&log_bytes);
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            noted.store(
                u64::from(pages.unsigned_abs()) * page_bytes,
                Ordering::Relaxed,
            );
            Ok(())
        }))?;
        let (ask, asked) = mpsc::sync_channel(1);
        let folding = Self {
            log_bytes,
            ask,
            is_asked: false,
            is_through: Arc::default(),
        };
        Ok((folding, asked))
    }

    /// Sees to the log after a commit of `connection`, once it is answered.
    pub(super) fn after_commit(&mut self, connection: &Connection) {
        let is_through = self.is_through.swap(false, Ordering::Acquire);
        self.is_asked &= !is_through;
        let log_bytes = self.log_bytes.load(Ordering::Relaxed);
        match step(log_bytes, self.is_asked, is_through) {
            Step::Nothing => {}
            // A thread that has ended leaves it to the writer.
            Step::Ask => self.is_asked = self.ask.try_send(()).is_ok(),
            Step::Finish => fold(connection),
        }
    }
}

fn step(log_bytes: u64, is_asked: bool, is_through: bool) -> Step {
    match log_bytes {
        ..LONG_BYTES => Step::Nothing,
        TOO_LONG_BYTES.. => Step::Finish,
        _ if is_through => Step::Finish,
        _ if is_asked => Step::Nothing,
        _ => Step::Ask,
    }
}

/// Folds as much as nobody reads any more, and waits for nobody.
fn fold(connection: &Connection) {
    let folded = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(why) = folded {
        // Nothing is lost: it stays in the log, and is tried again after the next commit.
        debug!("the write-ahead log was not folded in: {why}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Database, Migration, connect};
    use super::*;

    const SCHEMA: &[Migration] = &["CREATE TABLE big (b BLOB) STRICT;"];

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn a_log_is_left_asked_about_or_finished_by_its_length() {
        use Step::{Ask, Finish, Nothing};
        let (long, too_long) = (LONG_BYTES, TOO_LONG_BYTES);
        // length, whether the thread is asked, whether it is through
        for (log_bytes, is_asked, is_through, expected) in [
            (0, false, false, Nothing),
            (long - 1, false, false, Nothing),
            (long - 1, true, false, Nothing),
            // The thread folded all of it, and it began anew.
            (long - 1, false, true, Nothing),
            (long, false, false, Ask),
            (long, true, false, Nothing),
            (long, false, true, Finish),
            (too_long - 1, false, false, Ask),
            (too_long - 1, true, false, Nothing),
            (too_long, false, false, Finish),
            (too_long, true, false, Finish),
            (u64::MAX, false, true, Finish),
        ] {
            let found = step(log_bytes, is_asked, is_through);
            assert_eq!(found, expected, "{log_bytes} {is_asked} {is_through}");
        }
    }

    #[test]
    fn the_thread_is_asked_once_and_the_writer_finishes_after_it() {
        let mut log = Log::new();
        log.write(1);
        assert!(log.asked.try_recv().is_err());
        log.write(4);
        assert!(log.asked.try_recv().is_ok());
        log.write(1);
        assert!(log.asked.try_recv().is_err());
        assert!(log.bytes() > 6 * MIB);
        log.folding.is_through.store(true, Ordering::Release);
        log.write(1);
        assert!(log.is_in_the_file());
        // It begins anew, and is asked about again once it is long again.
        log.write(1);
        assert!(log.bytes() < 2 * MIB);
        log.write(4);
        assert!(log.asked.try_recv().is_ok());
    }

    #[test]
    fn where_the_thread_does_not_come_the_writer_folds() {
        let mut log = Log::new();
        for _ in 0..TOO_LONG_BYTES / MIB / 8 {
            log.write(8);
        }
        assert!(log.is_in_the_file());
        log.write(1);
        assert!(log.bytes() < 2 * MIB);
    }

    #[test]
    fn a_thread_that_has_ended_is_no_error() {
        let mut log = Log::new();
        drop(std::mem::replace(&mut log.asked, mpsc::sync_channel(1).1));
        log.write(5);
        log.write(1);
        assert!(!log.folding.is_asked);
        assert!(log.bytes() > 6 * MIB);
    }

    #[test]
    fn whoever_reads_is_waited_for_by_nobody_and_reads_what_was() {
        let mut log = Log::new();
        log.write(1);
        let reader = connect_reader(&log.path()).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(count(&reader), 1);
        log.write(5);
        log.folding.is_through.store(true, Ordering::Release);
        log.write(1);
        assert!(!log.is_in_the_file());
        assert_eq!(count(&reader), 1);
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!(count(&reader), 3);
        log.folding.is_through.store(true, Ordering::Release);
        log.write(1);
        assert!(log.is_in_the_file());
    }

    #[tokio::test]
    async fn a_database_folds_a_long_log_while_it_is_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let tasks = Tasks::new();
        let db = Database::open(&path, SCHEMA, &tasks).unwrap();
        db.write(|c| c.execute("INSERT INTO big VALUES (zeroblob(5000000))", []))
            .await
            .unwrap();
        let folded = async {
            while std::fs::metadata(&path).unwrap().len() < 4 * MIB {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), folded)
            .await
            .unwrap();
        drop(db);
        tasks.drain(Duration::from_secs(5)).await.unwrap();
    }

    /// A database whose thread is the test.
    struct Log {
        connection: Connection,
        folding: Folding,
        asked: Receiver<()>,
        dir: tempfile::TempDir,
    }

    impl Log {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_CREATE;
            let mut connection = connect(&dir.path().join("x.db"), flags).unwrap();
            connection
                .pragma_update(None, "journal_mode", "WAL")
                .unwrap();
            connection.execute_batch(SCHEMA[0]).unwrap();
            let (folding, asked) = Folding::watch(&mut connection).unwrap();
            Self {
                connection,
                folding,
                asked,
                dir,
            }
        }

        fn path(&self) -> std::path::PathBuf {
            self.dir.path().join("x.db")
        }

        /// Commits one row of so many MiB.
        fn write(&mut self, mib: u64) {
            self.connection
                .execute("INSERT INTO big VALUES (zeroblob(?1))", [mib * MIB])
                .unwrap();
            self.folding.after_commit(&self.connection);
        }

        fn bytes(&self) -> u64 {
            self.folding.log_bytes.load(Ordering::Relaxed)
        }

        /// Whether no page is left to fold.
        fn is_in_the_file(&self) -> bool {
            let bytes = std::fs::metadata(self.path()).unwrap().len();
            let pages: u64 = self
                .connection
                .pragma_query_value(None, "page_count", |row| row.get(0))
                .unwrap();
            let page_bytes: u64 = self
                .connection
                .pragma_query_value(None, "page_size", |row| row.get(0))
                .unwrap();
            bytes == pages * page_bytes
        }
    }

    fn count(connection: &Connection) -> u64 {
        connection
            .query_row("SELECT count(*) FROM big", [], |row| row.get(0))
            .unwrap()
    }
}
