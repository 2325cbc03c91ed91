//! Numbered migrations, each run once and in its own transaction; `user_version` counts them.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;

/// One step of a schema: SQL that opens with a comment on why. Steps are only ever added.
pub type Migration = &'static str;

/// Runs those of `migrations` that the database has not seen.
pub(super) fn run(
    connection: &mut Connection,
    migrations: &[Migration],
    path: &Path,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::Sqlite {
        path: path.to_owned(),
        source,
    };
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
    for (number, sql) in (1..).zip(migrations).skip(found as usize) {
        step(connection, number, sql).map_err(failed)?;
    }
    Ok(())
}

fn step(connection: &mut Connection, number: u32, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.commit()
}
