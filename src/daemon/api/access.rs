//! The bearer token: made once, kept in a file that only this user can read.

use std::path::Path;

use tracing::warn;

use crate::daemon::random;
use crate::files::{self, FileError};
use crate::types::Secret;
use crate::types::digest::decode_hex;

/// More than the token file holds, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024;

/// Who may ask.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Access {
    /// The bearer token.
    pub(super) token: Secret,
    /// Whether everything needs it, not only what shows content or changes trust.
    pub(super) require_token: bool,
}

impl Access {
    /// Takes the token from the file at `path`, making both where there is none. A token that is
    /// not one of ours is replaced: it guards nothing but this port.
    pub(in crate::daemon) fn open(path: &Path, require_token: bool) -> Result<Self, FileError> {
        let kept = files::read_private_text(path, MAX_FILE_BYTES)?;
        let token = match kept {
            Some(text) if is_token(text.trim_end()) => Secret::new(text.trim_end()),
            Some(_) => {
                warn!("`{}` held no token and is written anew", path.display());
                renew(path)?
            }
            None => renew(path)?,
        };
        Ok(Self {
            token,
            require_token,
        })
    }

    /// The bearer token.
    pub(in crate::daemon) fn token(&self) -> Secret {
        self.token.clone()
    }
}

fn renew(path: &Path) -> Result<Secret, FileError> {
    let token = Secret::new(random::hex256());
    files::replace_private(path, format!("{}\n", token.expose()).as_bytes())?;
    Ok(token)
}

fn is_token(text: &str) -> bool {
    decode_hex::<32>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_made_once_and_is_private() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("token");
        let first = Access::open(&path, false).unwrap();
        let second = Access::open(&path, false).unwrap();
        assert!(first.token == second.token && is_token(first.token.expose()));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn a_damaged_token_is_replaced_and_a_shared_one_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("token");
        for damaged in ["", "short", "\n"] {
            files::replace_private(&path, damaged.as_bytes()).unwrap();
            assert!(
                is_token(Access::open(&path, false).unwrap().token.expose()),
                "{damaged:?}"
            );
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Access::open(&path, false),
            Err(FileError::Mode { .. })
        ));
    }
}
