//! Private files: what only this user may read, and what must never be half written.
//!
//! Between the floors, like the clock. It creates files 0600 and directories 0700 from the start,
//! reads only what is really this user's own, replaces a file as a whole or not at all, and holds
//! the one lock of a home or of a store. It knows nothing of what the files contain, follows no symbolic link
//! and mends nothing by itself, but for the rights of a database of ours: an error names the command
//! that does.

mod lent;
mod lock;
mod room;
#[cfg(test)]
mod tests;
mod writers;

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::geteuid;

pub use lent::{make_private, tighten};
pub use lock::{Lock, LockError, LockInfo, holder_name, read_lock};
pub use room::free_bytes;
pub use writers::Writers;

/// The mode of a private file.
const FILE_MODE: u32 = 0o600;
/// The mode of a private directory.
const DIR_MODE: u32 = 0o700;
/// The permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;

/// A private file or directory is not as it must be, or the system refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is a link to somewhere else.
    #[error(
        "`{}` is a symbolic link, which is not followed; put the file itself in its place",
        .path.display()
    )]
    SymbolicLink {
        /// Which.
        path: PathBuf,
    },
    /// It is a directory, a pipe or a device where a file should be, or the other way round.
    #[error("`{}` is not a {expected}; move it away", .path.display())]
    WrongKind {
        /// Which.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// Another user owns it.
    #[error(
        "`{}` belongs to user {owner}, not to user {user} who runs this; mend it with \
         `sudo chown {user} {}`", .path.display(), shell_word(.path)
    )]
    Owner {
        /// Which.
        path: PathBuf,
        /// The id of the user that owns it.
        owner: u32,
        /// The id of the user that this program runs as.
        user: u32,
    },
    /// Its mode gives others a right to it.
    #[error(
        "`{}` is open to other users (mode {mode:04o}); mend it with `chmod {wanted:o} {}`",
        .path.display(), shell_word(.path)
    )]
    Mode {
        /// Which.
        path: PathBuf,
        /// The mode that it has.
        mode: u32,
        /// The mode that it should have.
        wanted: u32,
    },
    /// It is this user's own, and still this user may not read it.
    #[error(
        "`{}` cannot be read (mode {mode:04o}); mend it with `chmod {wanted:o} {}`",
        .path.display(), shell_word(.path)
    )]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The mode that it has.
        mode: u32,
        /// The mode that it should have.
        wanted: u32,
    },
    /// It is larger than such a file ever is.
    #[error("`{}` is larger than {limit_bytes} bytes", .path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The most that is read.
        limit_bytes: u64,
    },
    /// It is not UTF-8.
    #[error("`{}` is not UTF-8 text", .path.display())]
    NotText {
        /// Which.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{operation} `{}`", .path.display())]
    System {
        /// What was tried, as in "reading".
        operation: &'static str,
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Creates `path` and its missing parents, all 0700; an existing one must be private already.
pub fn create_private_dir(path: &Path) -> Result<(), FileError> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIR_MODE)
        .create(path)
        .map_err(|source| system("creating", path, source))?;
    let metadata =
        fs::symlink_metadata(path).map_err(|source| system("looking at", path, source))?;
    if metadata.is_symlink() {
        let path = path.to_owned();
        return Err(FileError::SymbolicLink { path });
    }
    check_owner(path, &metadata)?;
    check_mode(path, &metadata, DIR_MODE)
}

/// Reads a private file of at most `limit_bytes`; `None` where there is none.
pub fn read_private(path: &Path, limit_bytes: u64) -> Result<Option<Vec<u8>>, FileError> {
    let mut options = OpenOptions::new();
    options.read(true);
    let Some(file) = open_private(path, &options)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(limit_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| system("reading", path, source))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit_bytes {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
            limit_bytes,
        });
    }
    Ok(Some(bytes))
}

/// Reads a private text file of at most `limit_bytes`; `None` where there is none.
pub fn read_private_text(path: &Path, limit_bytes: u64) -> Result<Option<String>, FileError> {
    let Some(bytes) = read_private(path, limit_bytes)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotText {
        path: path.to_owned(),
    })?;
    Ok(Some(text))
}

/// Sees to it that a file is there and private: a missing one is created empty, 0600 from its first
/// moment; one that is there must be private already.
pub fn ensure_private(path: &Path) -> Result<(), FileError> {
    append_private(path).map(drop)
}

/// Opens a private file to write at its end; a missing one is created as by [`ensure_private`].
pub fn append_private(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    open_private(path, &options)?.ok_or_else(|| {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        system("creating", path, missing)
    })
}

/// Creates a private file that must not be there yet, 0600 from its first moment, and makes it
/// last through a power cut.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_new(path, bytes, Lasting::Synced).map_err(|source| system("creating", path, source))?;
    sync_parent(path)
}

/// Replaces the whole of a private file, or creates it: whoever reads finds the old bytes or the
/// new ones, after a power cut too. A failure leaves the old file as it was.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    put_in_place(path, bytes, Lasting::Synced)?;
    sync_parent(path)
}

/// Replaces the whole of a private file that can be made again: whoever reads finds the old bytes
/// or the new ones, but after a power cut perhaps neither. It keeps nobody waiting for the disk.
pub fn replace_disposable(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    put_in_place(path, bytes, Lasting::AsItComes)
}

/// The path as one word of a shell, for the commands that an error names.
pub fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Opens a file without following a link or waiting on a pipe, and checks that it is private.
fn open_private(path: &Path, options: &OpenOptions) -> Result<Option<File>, FileError> {
    let file = options
        .clone()
        .mode(FILE_MODE)
        .custom_flags(open_flags())
        .open(path);
    let file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(explain_open(path, error)),
    };
    let metadata = file
        .metadata()
        .map_err(|source| system("looking at", path, source))?;
    if !metadata.is_file() {
        return Err(FileError::WrongKind {
            path: path.to_owned(),
            expected: "file",
        });
    }
    check_owner(path, &metadata)?;
    check_mode(path, &metadata, FILE_MODE)?;
    Ok(Some(file))
}

fn explain_open(path: &Path, source: io::Error) -> FileError {
    if source.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
        let path = path.to_owned();
        return FileError::SymbolicLink { path };
    }
    if source.kind() == io::ErrorKind::PermissionDenied
        && let Ok(metadata) = fs::symlink_metadata(path)
    {
        return match check_owner(path, &metadata) {
            Err(another_users) => another_users,
            Ok(()) => FileError::Unreadable {
                path: path.to_owned(),
                mode: metadata.mode() & 0o7777,
                wanted: FILE_MODE,
            },
        };
    }
    system("opening", path, source)
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), FileError> {
    let user = geteuid().as_raw();
    if metadata.uid() == user {
        return Ok(());
    }
    Err(FileError::Owner {
        path: path.to_owned(),
        owner: metadata.uid(),
        user,
    })
}

fn check_mode(path: &Path, metadata: &Metadata, wanted: u32) -> Result<(), FileError> {
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(FileError::Mode {
        path: path.to_owned(),
        mode,
        wanted,
    })
}

/// Whether the disk has the bytes when a write is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasting {
    Synced,
    AsItComes,
}

fn put_in_place(path: &Path, bytes: &[u8], lasting: Lasting) -> Result<(), FileError> {
    let mut temporary = Temporary::beside(path);
    write_new(&temporary.path, bytes, lasting)
        .map_err(|source| system("writing", &temporary.path, source))?;
    fs::rename(&temporary.path, path).map_err(|source| system("replacing", path, source))?;
    temporary.moved = true;
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8], lasting: Lasting) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .custom_flags(open_flags())
        .open(path)?;
    file.write_all(bytes)?;
    match lasting {
        Lasting::Synced => file.sync_all(),
        Lasting::AsItComes => Ok(()),
    }
}

/// Makes a new name in a directory last: the directory itself has to reach the disk.
fn sync_parent(path: &Path) -> Result<(), FileError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    File::open(parent)
        .and_then(|directory| directory.sync_all())
        .map_err(|source| system("syncing", parent, source))
}

/// Opens what may not be private, without waiting: of a pipe nothing comes until somebody writes.
pub fn open_at_once(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// `O_NONBLOCK` so that a pipe put in a file's place cannot hold us for ever.
fn open_flags() -> i32 {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    i32::try_from(flags.bits()).expect("open flags fit the system's own type for them")
}

fn system(operation: &'static str, path: &Path, source: io::Error) -> FileError {
    FileError::System {
        operation,
        path: path.to_owned(),
        source,
    }
}

/// A file that is removed again unless it was moved into place.
struct Temporary {
    path: PathBuf,
    moved: bool,
}

impl Temporary {
    /// A name beside `path` that no other process and no other call has.
    fn beside(path: &Path) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}-{count}.tmp", std::process::id()));
        Self {
            path: path.with_file_name(name),
            moved: false,
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.moved {
            // There is nothing to remove where creating it was what failed.
            let _ = fs::remove_file(&self.path);
        }
    }
}
