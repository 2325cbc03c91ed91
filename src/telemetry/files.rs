//! A log in files that stay small: one that is written and four before it, each of at most 10 MiB.
//!
//! A line stands in one file whole. What cannot be written is lost to the log and to nobody else;
//! the program goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::files::{FileError, append_private, create_private_dir};

/// The most that one file holds, in bytes: weeks of a quiet daemon, and still read by any editor.
const MOST_BYTES: u64 = 10 * 1024 * 1024;
/// Files in all, the one that is written among them.
const KEPT: u32 = 5;
/// What launchd writes beside the log: what the program says where it does not log. It is emptied
/// when it is larger than a log file.
pub const STANDARD_ERROR: &str = "standard-error";

/// The file that is written, and the ones before it.
#[derive(Debug)]
pub(super) struct LogFiles {
    path: PathBuf,
    file: File,
    bytes: u64,
    most_bytes: u64,
}

impl LogFiles {
    /// Goes on with `name` in `folder`, which is made where it is missing.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, FileError> {
        create_private_dir(folder)?;
        empty_if_large(&folder.join(STANDARD_ERROR));
        Self::open_with(folder.join(name), MOST_BYTES)
    }

    fn open_with(path: PathBuf, most_bytes: u64) -> Result<Self, FileError> {
        let file = append_private(&path)?;
        // A length that is not told lets this file grow too large once.
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        Ok(Self {
            path,
            file,
            bytes,
            most_bytes,
        })
    }

    /// Moves every file one on, the last one out, and begins a new one.
    fn turn(&mut self) -> io::Result<()> {
        for number in (0..KEPT - 1).rev() {
            match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        let path = self.path.clone();
        *self = Self::open_with(path, self.most_bytes).map_err(io::Error::other)?;
        Ok(())
    }

    /// The name of the file that is `number` before the one that is written.
    fn numbered(&self, number: u32) -> PathBuf {
        if number == 0 {
            return self.path.clone();
        }
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

impl Write for LogFiles {
    /// Writes one line; `tracing` brings each whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let bytes = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.bytes > 0 && self.bytes.saturating_add(bytes) > self.most_bytes {
            self.turn()?;
        }
        self.file.write_all(line)?;
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn empty_if_large(path: &Path) {
    let is_large = fs::metadata(path).is_ok_and(|metadata| metadata.len() > MOST_BYTES);
    if is_large {
        // One that cannot be emptied is still no reason not to start.
        let _ = OpenOptions::new().write(true).truncate(true).open(path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_stay_small_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.log");
        let mut log = LogFiles::open_with(path.clone(), 10).unwrap();
        for line in 0..20 {
            writeln!(log, "line {line:02}").unwrap();
        }
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(text("daemon.log"), "line 19\n");
        assert_eq!(text("daemon.log.1"), "line 18\n");
        assert_eq!(text("daemon.log.4"), "line 15\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);

        writeln!(log, "longer than a file may be").unwrap();
        assert_eq!(text("daemon.log"), "longer than a file may be\n");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn a_file_is_gone_on_with_and_counted_from_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.log");
        for line in ["one", "two", "six"] {
            let mut log = LogFiles::open_with(path.clone(), 10).unwrap();
            writeln!(log, "{line}").unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "six\n");
        let before = folder.path().join("daemon.log.1");
        assert_eq!(fs::read_to_string(before).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn what_the_supervisor_writes_is_emptied_once_it_is_large() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("log");
        fs::create_dir(&own).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o700)).unwrap();
        let path = own.join(STANDARD_ERROR);
        let file = File::create(&path).unwrap();
        for (bytes, left) in [(MOST_BYTES, MOST_BYTES), (MOST_BYTES + 1, 0)] {
            file.set_len(bytes).unwrap();
            LogFiles::open(&own, "daemon.log").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().len(), left);
        }
    }
}
