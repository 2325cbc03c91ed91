//! Floor 1: SQLite plumbing without a domain word. One writer thread, a few readers, numbered
//! migrations.
//!
//! A write is a closure that gets the connection inside a transaction. Writes that wait together
//! commit together (one wait for the disk for all of them), each in a savepoint of its own, so that
//! one that goes wrong takes no other with it. Whoever is answered `Ok` is on disk: WAL with
//! `synchronous=FULL`. The queue of writes is bounded; a full one makes the caller wait. The log is
//! folded into the file by a thread beside the writer, so that no caller waits for that.

mod fold;
mod migrate;
mod trouble;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio_util::sync::CancellationToken;

pub use migrate::Migration;
pub use trouble::{Health, examine};
pub use writer::Pending;

use crate::files::{self, FileError, shell_word};
use crate::tasks::Tasks;
use fold::Folding;
use trouble::Trouble;
use writer::Writer;

/// How many connections read at the same time; further reads wait for one.
const READERS: usize = 4;

/// A database that is open. Cheap to clone; clones share the writer and the readers.
#[derive(Clone)]
pub struct Database {
    writer: Writer,
    readers: Arc<Readers>,
    trouble: Trouble,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite said no, for one of its many reasons.
    #[error("database `{}`: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file is not as a private file must be.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no database, or a part of it is gone or overwritten.
    #[error(
        "database `{}` is damaged ({why}); put a backup in its place, or begin a new one after \
         `mv {} {}.damaged`",
        path.display(), shell_word(path), shell_word(path)
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The file was written by a later version of this program.
    #[error(
        "database `{}` is of version {found}, this program knows {known}: use the newer program",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest that this program knows.
        known: u32,
    },
    /// The machine gave no thread for what writes it.
    #[error("no thread to write `{}`: {source}", path.display())]
    Thread {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Why a read or a write did not happen. Nothing of a failed write is on disk.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// SQLite said no.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The transaction that held the write did not commit.
    #[error("database: the commit failed: {why}")]
    Commit {
        /// What SQLite said, once for all the writes of the transaction.
        why: String,
        /// Whether it was for want of space.
        full: bool,
    },
    /// Its file proved damaged before: nothing is written to it any more.
    #[error("database: its file is damaged")]
    Damaged,
    /// The database is closing.
    #[error("database: it is closing")]
    Closing,
}

impl DbError {
    /// Whether the disk, or the space given to the database, is full.
    pub fn is_full(&self) -> bool {
        match self {
            DbError::Sqlite(error) => trouble::is_full(error),
            DbError::Commit { full, .. } => *full,
            DbError::Damaged | DbError::Closing => false,
        }
    }

    /// Whether the file itself is damaged.
    pub fn is_damage(&self) -> bool {
        match self {
            DbError::Sqlite(error) => trouble::is_damage(error),
            DbError::Damaged => true,
            DbError::Commit { .. } | DbError::Closing => false,
        }
    }

    /// Whether the same may well succeed later: the fault is the disk's or the moment's, and not
    /// that of what was asked.
    pub fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, ReadOnly,
            SystemIoFailure,
        };
        let of_the_moment = [
            CannotOpen,
            DatabaseBusy,
            DatabaseLocked,
            DiskFull,
            OutOfMemory,
            ReadOnly,
            SystemIoFailure,
        ];
        match self {
            DbError::Sqlite(error) => error
                .sqlite_error_code()
                .is_some_and(|code| of_the_moment.contains(&code)),
            DbError::Commit { .. } => true,
            DbError::Damaged | DbError::Closing => false,
        }
    }

    fn commit(error: &rusqlite::Error) -> Self {
        DbError::Commit {
            why: error.to_string(),
            full: trouble::is_full(error),
        }
    }
}

impl Database {
    /// Opens the file at `path`, creating it if it is not there, and brings it up to date.
    ///
    /// Its files are made 0600, whatever the umask; the caller has seen to the rights of the folder.
    /// Its threads belong to `tasks` and end once the database is closed or every clone of it is
    /// dropped.
    pub fn open(path: &Path, migrations: &[Migration], tasks: &Tasks) -> Result<Self, OpenError> {
        let failed = |source| OpenError::of(path, source);
        // SQLite gives its other files the rights of this one.
        files::make_private(path)?;
        for beside in ["-wal", "-shm"] {
            files::tighten(&with_suffix(path, beside))?;
        }
        let mut connection = connect(path, OpenFlags::empty()).map_err(failed)?;
        let seen = migrate::seen(&connection, migrations, path)?;
        trouble::look_through(&connection, path)?;
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(failed)?;
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(failed)?;
        migrate::run(&mut connection, migrations, seen).map_err(failed)?;
        let trouble = Trouble::default();
        let folding = Folding::start(path, &mut connection, tasks)?;
        let writer = Writer::start(connection, folding, trouble.clone(), tasks)
            .map_err(|source| OpenError::no_thread(path, source))?;
        let readers = Arc::new(Readers {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            places: tokio::sync::Semaphore::new(READERS),
        });
        Ok(Self {
            writer,
            readers,
            trouble,
        })
    }

    /// Puts `work` in the queue of writes, in order, and gives what answers once it is on disk.
    ///
    /// The work runs even if the answer is dropped. It may run together with others in one
    /// transaction, so it neither begins nor commits one.
    pub async fn submit<T, F>(&self, work: F) -> Pending<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.writer.submit(work).await
    }

    /// Commits what was submitted so far and takes no write any more; later ones are answered
    /// [`DbError::Closing`].
    pub async fn close(&self) {
        self.writer.close().await;
    }

    /// Does `work` in a transaction and answers once it is on disk.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.submit(work).await.await
    }

    /// Does `work` on a connection that only reads, off the runtime's threads.
    pub async fn read<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let _place = self
            .readers
            .places
            .acquire()
            .await
            .map_err(|_| DbError::Closing)?;
        let result = tokio::task::spawn_blocking(move || readers.with(work))
            .await
            .map_err(|_| DbError::Closing)?;
        if let Err(DbError::Sqlite(error)) = &result {
            self.trouble.note(error);
        }
        result
    }

    /// A token that is cancelled once the file proves damaged: nothing read from it counts any more.
    pub fn damaged(&self) -> &CancellationToken {
        self.trouble.damaged()
    }

    /// How it is, by what reads and writes met so far.
    pub fn health(&self) -> Health {
        self.trouble.health()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.readers.path
    }

    /// A connection of its own that only reads, for a thread that may block.
    pub fn reader(&self) -> Result<Connection, DbError> {
        Ok(connect_reader(&self.readers.path)?)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.readers.path.display())
    }
}

/// Reading connections that are not in use, at most [`READERS`].
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    places: tokio::sync::Semaphore,
}

impl Readers {
    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, DbError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect_reader(&self.path)?,
        };
        let result = work(&connection);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        Ok(result?)
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn connect_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::empty())?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path, extra: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

#[cfg(test)]
mod tests;
