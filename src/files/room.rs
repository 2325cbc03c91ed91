//! How much room a disk has.

use std::io;
use std::path::Path;

/// How many bytes this user may still write where `path` is, or will be made.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let there = path.ancestors().find(|part| part.exists());
    let facts = rustix::fs::statvfs(there.unwrap_or(Path::new(".")))?;
    Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_of_a_folder_that_is_still_to_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let there = free_bytes(folder.path()).unwrap();
        assert!(there > 0);
        assert!(free_bytes(&folder.path().join("a/b/c.db")).unwrap() > 0);
    }
}
