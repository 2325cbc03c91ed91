//! Who may write a file that decides what runs. Pure, but for the look at the file's own facts.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use rustix::process::geteuid;

/// Who may write a file, beside root and the user that this program runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Nobody.
    Nobody,
    /// The members of its group, which on many systems is the user's own.
    Group,
    /// The user who owns it.
    Owner(u32),
    /// Everybody.
    Everybody,
}

impl Writers {
    /// Those of the file with these facts.
    pub fn of(metadata: &Metadata) -> Self {
        judge(metadata.uid(), metadata.mode(), geteuid().as_raw())
    }
}

fn judge(owner: u32, mode: u32, user: u32) -> Writers {
    let is_ours = owner == 0 || owner == user;
    if !is_ours {
        Writers::Owner(owner)
    } else if mode & 0o002 != 0 {
        Writers::Everybody
    } else if mode & 0o020 != 0 {
        Writers::Group
    } else {
        Writers::Nobody
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_counts_first_then_everybody_then_the_group() {
        for (owner, mode, user, writers) in [
            (1000, 0o600, 1000, Writers::Nobody),
            (1000, 0o644, 1000, Writers::Nobody),
            (1000, 0o400, 1000, Writers::Nobody),
            (0, 0o644, 1000, Writers::Nobody),
            // A umask of 002, with a group of the user's own.
            (1000, 0o664, 1000, Writers::Group),
            (0, 0o660, 1000, Writers::Group),
            (1000, 0o666, 1000, Writers::Everybody),
            (1000, 0o602, 1000, Writers::Everybody),
            (0, 0o777, 0, Writers::Everybody),
            (1001, 0o600, 1000, Writers::Owner(1001)),
            (1001, 0o400, 0, Writers::Owner(1001)),
            (1001, 0o666, 1000, Writers::Owner(1001)),
        ] {
            assert_eq!(judge(owner, mode, user), writers, "{owner} {mode:o} {user}");
        }
    }
}
