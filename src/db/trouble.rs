//! Trouble: a file that is no database, or of which a part is gone or overwritten, and a disk without
//! room. Damage is looked for when the file is opened; what is met later is noted, for whoever watches.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, Error, ErrorCode, OpenFlags};
use tokio_util::sync::CancellationToken;

use super::OpenError;

/// Up to this size the whole file is looked through when it is opened, in a tenth of a second; of a
/// larger one only what is used is.
const LOOKED_THROUGH_BYTES: u64 = 64 * 1024 * 1024;

/// How a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It takes writes.
    Well,
    /// The last write found no room.
    Full,
    /// Its file is damaged.
    Damaged,
}

impl Health {
    /// It in a word: `well`, `full`, `damaged`.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Well => "well",
            Health::Full => "full",
            Health::Damaged => "damaged",
        }
    }
}

/// What was met. Cheap to clone; clones are the same note.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble {
    damaged: CancellationToken,
    full: Arc<AtomicBool>,
}

impl Trouble {
    /// Notes `error`, if it tells of damage or of a full disk.
    pub(super) fn note(&self, error: &Error) {
        if is_damage(error) {
            self.damaged.cancel();
        }
        if is_full(error) {
            self.full.store(true, Ordering::Relaxed);
        }
    }

    /// Notes that something was written: there is room again.
    pub(super) fn wrote(&self) {
        self.full.store(false, Ordering::Relaxed);
    }

    /// A token that is cancelled once damage is met.
    pub(super) fn damaged(&self) -> &CancellationToken {
        &self.damaged
    }

    /// How the database is, by what was met.
    pub(super) fn health(&self) -> Health {
        if self.damaged.is_cancelled() {
            Health::Damaged
        } else if self.full.load(Ordering::Relaxed) {
            Health::Full
        } else {
            Health::Well
        }
    }
}

/// Whether the disk, or the space given to the database, is full.
pub(super) fn is_full(error: &Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// Whether the file itself is at fault.
pub(super) fn is_damage(error: &Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Looks through the file at `path`, which `connection` has open, unless it is large.
pub(super) fn look_through(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let bytes = std::fs::metadata(path).map_or(0, |facts| facts.len());
    if bytes > LOOKED_THROUGH_BYTES {
        return Ok(());
    }
    quick_check(connection, path)
}

/// Looks through the whole file at `path`, whatever its size, and leaves it as it is; beside it at
/// most the index of a log that is there is made. Nobody may write it meanwhile.
pub fn examine(path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::of(path, source);
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // Without a log there is nothing beside the file to read, so nothing need be made beside it.
    let how = match Path::new(&log).exists() {
        true => "mode=ro",
        false => "mode=ro&immutable=1",
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{}?{how}", in_uri(path)), flags);
    quick_check(&connection.map_err(failed)?, path)
}

fn quick_check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let said: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| OpenError::of(path, source))?;
    if said == "ok" {
        return Ok(());
    }
    Err(OpenError::Damaged {
        path: path.to_owned(),
        // The first line is about the whole, the second about the fault.
        why: said.lines().last().unwrap_or_default().to_owned(),
    })
}

/// The path as it stands in a URI.
fn in_uri(path: &Path) -> String {
    let mut written = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' => written.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => written.push(char::from(*byte)),
            byte => written.push_str(&format!("%{byte:02X}")),
        }
    }
    written
}

impl OpenError {
    /// What SQLite said when it opened the file at `path`.
    pub(super) fn of(path: &Path, source: Error) -> Self {
        let path = path.to_owned();
        if is_damage(&source) {
            let why = source.to_string();
            return OpenError::Damaged { path, why };
        }
        OpenError::Sqlite { path, source }
    }

    /// The machine gave no thread for the file at `path`.
    pub(super) fn no_thread(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        OpenError::Thread { path, source }
    }
}
