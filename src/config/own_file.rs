//! The files that the configuration is read from: who else may write or read them, and what that
//! means. A file is read whole, and none that could be some other file or a pipe.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::process::geteuid;

use super::report::{Origin, Report};
use crate::files::{self, Writers, shell_word};

/// More than any configuration needs, in bytes: what is larger is some other file.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

/// The permission bits by which others than the owner may read a file.
const READABLE_BY_OTHERS: u32 = 0o044;

/// What a person should know of a file that was taken all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// In one sentence, the command in it.
    pub sentence: String,
    /// What mends it, as one line for a shell.
    pub command: String,
}

/// The configuration's own file, as it was read.
#[derive(Debug)]
pub(super) struct OwnFile {
    pub(super) text: String,
    metadata: Metadata,
}

impl OwnFile {
    /// Reads the configuration, which decides what runs: that somebody else than its user and root may
    /// write it goes into `report`.
    pub(super) fn read(path: &Path, report: &mut Report) -> io::Result<Self> {
        let file = open_to_read(path)?;
        let metadata = file.metadata()?;
        let word = shell_word(path);
        let refused = match Writers::of(&metadata) {
            Writers::Nobody | Writers::Group => None,
            Writers::Owner(owner) => Some((
                format!("it belongs to user {owner}, who could choose what runs here"),
                format!("sudo chown $USER {word}"),
            )),
            Writers::Everybody => Some((
                "everybody can write it, and so choose what runs here".to_owned(),
                format!("chmod o-w {word}"),
            )),
        };
        if let Some((why, command)) = refused {
            let sentence = format!("{why}; mend it with `{command}`");
            report.add_mended(Origin::WholeFile(path.to_owned()), sentence, command);
        }
        let text = read_all(file)?;
        Ok(Self { text, metadata })
    }

    /// What its reader should know of it: that its group may write it, which is often the user's own,
    /// and, where it holds a secret, that others may read it.
    pub(super) fn cautions(&self, path: &Path, holds_secret: bool) -> Vec<Caution> {
        let (shown, word) = (path.display(), shell_word(path));
        let mut cautions = Vec::new();
        if Writers::of(&self.metadata) == Writers::Group {
            let command = format!("chmod g-w {word}");
            let sentence = format!(
                "the members of its group can write `{shown}`, and so choose what runs here; if they \
                 are not you alone, `{command}`"
            );
            cautions.push(Caution { sentence, command });
        }
        let mode = self.metadata.mode() & 0o7777;
        if holds_secret && mode & READABLE_BY_OTHERS != 0 {
            let command = match self.metadata.uid() == geteuid().as_raw() {
                true => format!("chmod 600 {word}"),
                false => format!("sudo chown $USER {word} && chmod 600 {word}"),
            };
            let sentence = format!(
                "others can read `{shown}` (mode {mode:04o}), and `[gateway] token` stands in it; mend \
                 it with `{command}`"
            );
            cautions.push(Caution { sentence, command });
        }
        cautions
    }
}

/// Reads a text file that need not be private.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    read_all(open_to_read(path)?)
}

/// Opens a file. A pipe in its place would hold the program for ever, so it is refused.
fn open_to_read(path: &Path) -> io::Result<File> {
    let file = files::open_at_once(path)?;
    match file.metadata()?.file_type().is_fifo() {
        true => Err(io::Error::other("it is a pipe")),
        false => Ok(file),
    }
}

fn read_all(file: File) -> io::Result<String> {
    let mut text = String::new();
    let read = file.take(FILE_LIMIT_BYTES + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_LIMIT_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

/// Why a file could not be read, in one sentence.
pub(super) fn unreadable(error: &io::Error) -> String {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds are the standard library's and grow"
    )]
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::InvalidData => "the file is not UTF-8 text".to_owned(),
        io::ErrorKind::FileTooLarge => {
            format!("the file is larger than {FILE_LIMIT_BYTES} bytes")
        }
        _ => format!("the file cannot be read: {error}"),
    }
}
