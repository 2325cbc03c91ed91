//! The one lock of a home or of a store: who holds it, and where that process can be reached.
//!
//! The lock is the system's, on the open file, so it ends with the process however that ends; the
//! text in the file is for the others to read. A text counts only while the lock is held: that a
//! process of that number runs says nothing, numbers are given out again.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use super::{FileError, open_private, read_private, system};

/// How often a lock that is held is tried: a few milliseconds, and only where it is held.
const TRIES: u32 = 1000;

/// More than any lock file holds, in bytes.
const LIMIT_BYTES: u64 = 16 * 1024;

/// What the holder of a lock says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    /// Its process.
    pub pid: u32,
    /// Where its local HTTP listens; absent until it does.
    pub address: Option<SocketAddr>,
    /// The file with the token for it; absent until it listens.
    pub token_file: Option<PathBuf>,
}

/// The lock is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error(
        "{} already runs on this home and holds `{}`; stop it first",
        holder_name(.holder.as_ref()), .path.display()
    )]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The other, where its text could be read.
        holder: Option<LockInfo>,
    },
    /// The lock file is not as it must be.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A lock that is held until this value is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at `path`, whose directory must exist, and writes this process's id into it.
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = open_private(path, &options)?
            .ok_or_else(|| system("creating", path, io::ErrorKind::NotFound.into()))?;
        if !try_lock(&file, path)? {
            let path = path.to_owned();
            let holder = read_info(&path)?.filter(|info| is_alive(info.pid));
            return Err(LockError::Held { path, holder });
        }
        let path = path.to_owned();
        let mut lock = Self { file, path };
        lock.write(&LockInfo {
            pid: std::process::id(),
            address: None,
            token_file: None,
        })?;
        Ok(lock)
    }

    /// Says in the lock file where this process listens, and which file has the token.
    pub fn publish(&mut self, address: SocketAddr, token_file: &Path) -> Result<(), FileError> {
        self.write(&LockInfo {
            pid: std::process::id(),
            address: Some(address),
            token_file: Some(token_file.to_owned()),
        })
    }

    fn write(&mut self, info: &LockInfo) -> Result<(), FileError> {
        let written = serde_json::to_vec(info)
            .map_err(io::Error::from)
            .and_then(|bytes| {
                self.file.set_len(0)?;
                self.file.rewind()?;
                self.file.write_all(&bytes)
            });
        written.map_err(|source| system("writing", &self.path, source))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A stale text is recognised by the lock being free, so failing here does no harm.
        let _ = self.file.set_len(0);
    }
}

/// Who holds the lock at `path` and where it listens; `None` where nobody does.
pub fn read_lock(path: &Path) -> Result<Option<LockInfo>, FileError> {
    let Some(info) = read_info(path)?.filter(|info| is_alive(info.pid)) else {
        return Ok(None);
    };
    Ok(is_held(path)?.then_some(info))
}

/// Whether some process holds the lock. Asking takes it for a moment, together with all others who
/// ask, and gives it back.
fn is_held(path: &Path) -> Result<bool, FileError> {
    let mut options = OpenOptions::new();
    options.read(true);
    let Some(file) = open_private(path, &options)? else {
        return Ok(false);
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(system("looking at the lock", path, source)),
    }
}

/// Takes the lock; false where another process holds it. Who only asks whether it is held has it for
/// a moment, so it is tried some more before anybody is said to hold it.
fn try_lock(file: &File, path: &Path) -> Result<bool, FileError> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            Err(TryLockError::Error(source)) => return Err(system("locking", path, source)),
        }
    }
    Ok(false)
}

/// The text in the lock file; `None` where it is empty or being written.
fn read_info(path: &Path) -> Result<Option<LockInfo>, FileError> {
    let bytes = read_private(path, LIMIT_BYTES)?.unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).ok())
}

fn is_alive(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    match test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

/// Who holds a lock, as the beginning of a sentence.
pub fn holder_name(holder: Option<&LockInfo>) -> String {
    match holder {
        Some(info) => format!("process {}", info.pid),
        None => "another process".to_owned(),
    }
}
