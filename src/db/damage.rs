//! Damage: a file that is no database, or of which a part is gone or overwritten. It is looked for
//! when the file is opened, and what is met later is noted once, for whoever watches.

use std::path::Path;

use rusqlite::{Connection, Error, ErrorCode};
use tokio_util::sync::CancellationToken;

use super::OpenError;

/// Up to this size the whole file is looked through when it is opened, in a tenth of a second; of a
/// larger one only what is used is.
const LOOKED_THROUGH_BYTES: u64 = 64 * 1024 * 1024;

/// Whether damage was met. Cheap to clone; clones are the same note.
#[derive(Debug, Clone, Default)]
pub(super) struct Damage(CancellationToken);

impl Damage {
    /// Notes `error`, if it tells of damage.
    pub(super) fn note(&self, error: &Error) {
        if is_damage(error) {
            self.0.cancel();
        }
    }

    /// A token that is cancelled once damage is met.
    pub(super) fn met(&self) -> &CancellationToken {
        &self.0
    }
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
}
