//! Files that a library opens by their name, such as a database: made private without being opened.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{FILE_MODE, FileError, check_mode, check_owner, create_private, system};

/// Makes the file at `path` 0600, creating it empty where there is none, for a library that opens it
/// by its name. One that is there is not opened: closing it would take the library's locks from it.
pub fn make_private(path: &Path) -> Result<(), FileError> {
    match create_private(path, b"") {
        Ok(()) => Ok(()),
        Err(FileError::System { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
            tighten(path)
        }
        Err(other) => Err(other),
    }
}

/// Takes the rights of others from the file at `path`, if there is one.
pub fn tighten(path: &Path) -> Result<(), FileError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(system("looking at", path, source)),
    };
    if metadata.is_symlink() {
        let path = path.to_owned();
        return Err(FileError::SymbolicLink { path });
    }
    if !metadata.is_file() {
        return Err(FileError::WrongKind {
            path: path.to_owned(),
            expected: "file",
        });
    }
    check_owner(path, &metadata)?;
    if check_mode(path, &metadata, FILE_MODE).is_ok() {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
        .map_err(|source| system("making private", path, source))
}
