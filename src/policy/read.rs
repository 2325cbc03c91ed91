//! Reads a module's file once, so that the bytes that are checked are the bytes that run.
//!
//! Follows no link in the last place, waits on no pipe, takes no file that others can write.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use tracing::warn;

use crate::files::{Writers, shell_word};

/// The largest module: an interpreter with its library is 18 MB.
pub(crate) const MAX_MODULE_BYTES: u64 = 32 * 1024 * 1024;

/// Why a module's file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReadRefused {
    /// There is no such file, or it cannot be read.
    #[error("`{path}` cannot be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is a link, which could be pointed elsewhere.
    #[error("`{0}` is a symbolic link; name the file itself")]
    Link(String),
    /// It is a folder, a pipe or a device.
    #[error("`{0}` is no regular file")]
    NoFile(String),
    /// Somebody else could change it.
    #[error("`{path}` can be written by everybody; mend it with `chmod o-w {word}`")]
    Open {
        /// The file.
        path: String,
        /// The same as a word of a shell.
        word: String,
    },
    /// Another user could change it.
    #[error("`{path}` belongs to user {owner}; mend it with `sudo chown $USER {word}`")]
    Owner {
        /// The file.
        path: String,
        /// The same as a word of a shell.
        word: String,
        /// Whose it is.
        owner: u32,
    },
    /// It is too large.
    #[error("`{0}` is larger than {MAX_MODULE_BYTES} bytes")]
    Large(String),
}

/// The bytes of the file at `path`.
pub(crate) fn module(path: &Path) -> Result<Vec<u8>, ReadRefused> {
    let shown = path.display().to_string();
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(ReadRefused::Link(shown)),
        Err(errno) => {
            return Err(ReadRefused::Io {
                path: shown,
                source: errno.into(),
            });
        }
    };
    let io = |source| ReadRefused::Io {
        path: path.display().to_string(),
        source,
    };
    let facts = file.metadata().map_err(io)?;
    if !facts.is_file() {
        return Err(ReadRefused::NoFile(shown));
    }
    let word = || shell_word(path);
    match Writers::of(&facts) {
        Writers::Nobody => {}
        Writers::Group => warn!("the members of its group can write the module `{shown}`"),
        Writers::Everybody => {
            return Err(ReadRefused::Open {
                path: shown,
                word: word(),
            });
        }
        Writers::Owner(owner) => {
            return Err(ReadRefused::Owner {
                path: shown,
                word: word(),
                owner,
            });
        }
    }
    let mut bytes = Vec::new();
    file.take(MAX_MODULE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_MODULE_BYTES {
        return Err(ReadRefused::Large(shown));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_a_regular_file_that_nobody_else_writes_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("good"), b"bytes").unwrap();
        fs::write(at("group"), b"bytes").unwrap();
        fs::set_permissions(at("group"), fs::Permissions::from_mode(0o664)).unwrap();
        fs::write(at("open"), b"bytes").unwrap();
        fs::set_permissions(at("open"), fs::Permissions::from_mode(0o666)).unwrap();
        symlink(at("good"), at("link")).unwrap();
        let large = File::create(at("large")).unwrap();
        large.set_len(MAX_MODULE_BYTES + 1).unwrap();

        assert_eq!(module(&at("good")).unwrap(), b"bytes");
        assert_eq!(module(&at("group")).unwrap(), b"bytes");
        assert!(matches!(module(&at("open")), Err(ReadRefused::Open { .. })));
        assert!(matches!(module(&at("link")), Err(ReadRefused::Link(_))));
        assert!(matches!(module(folder.path()), Err(ReadRefused::NoFile(_))));
        assert!(matches!(module(&at("none")), Err(ReadRefused::Io { .. })));
        assert!(matches!(module(&at("large")), Err(ReadRefused::Large(_))));
        assert!(matches!(
            module(Path::new("/dev/zero")),
            Err(ReadRefused::NoFile(_))
        ));
    }
}
