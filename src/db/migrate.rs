//! Numbered migrations, each run once and in its own transaction; `user_version` counts them.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;

/// One step of a schema: SQL that opens with a comment on why. Steps are only ever added.
pub type Migration = &'static str;

/// How many of `migrations` the database has seen. Changes nothing, so that what a later version
/// wrote stays as it is.
pub(super) fn seen(
    connection: &Connection,
    migrations: &[Migration],
    path: &Path,
) -> Result<u32, OpenError> {
    let failed = |source| OpenError::of(path, source);
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(found)
}

/// Runs `migrations` but for the first `seen`.
pub(super) fn run(
    connection: &mut Connection,
    migrations: &[Migration],
    seen: u32,
) -> rusqlite::Result<()> {
    for (number, sql) in (1..).zip(migrations).skip(seen as usize) {
        step(connection, number, sql)?;
    }
    Ok(())
}

fn step(connection: &mut Connection, number: u32, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.commit()
}
