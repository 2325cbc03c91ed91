//! Columns to checked values and back: what every box of the daemon's database shares.

use std::str::FromStr;

use rusqlite::types::{FromSql, Type};
use rusqlite::{Connection, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::room::Load;
use crate::policy::{Annotation, Outcome, Ruling};
use crate::types::{Timestamp, TurnNumber};

/// The place of a message in its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::daemon) struct RowId(pub(super) i64);

/// What is left of a row that a policy or the owner refused: neither its text nor what was noted
/// about it.
pub(super) const EMPTIED: &str = "content = '', admitted = NULL, hold = NULL, annotations = '[]'";

/// What a ruling writes into its message's row.
#[derive(Debug)]
pub(super) struct Ruled<'a> {
    /// The text as the policies left it, where they admitted it.
    pub(super) admitted: Option<&'a str>,
    pub(super) hold: Option<String>,
    pub(super) annotations: String,
    pub(super) verdicts: String,
}

impl<'a> Ruled<'a> {
    /// What policies noted may quote the text, so a refused message has the host's notes alone.
    pub(super) fn of(ruling: &'a Ruling) -> rusqlite::Result<Self> {
        let mut notes: Vec<&Annotation> = ruling.annotations.iter().collect();
        let (admitted, hold) = match &ruling.outcome {
            Outcome::Admitted { content } => (Some(content.as_str()), None),
            Outcome::Held(hold) => (None, Some(json(hold)?)),
            Outcome::Refused(_) => {
                notes.retain(|note| note.policy() == Annotation::HOST);
                (None, None)
            }
        };
        Ok(Self {
            admitted,
            hold,
            annotations: json(&notes)?,
            verdicts: json(&ruling.steps)?,
        })
    }
}

/// Reads a text column that was written from a checked value.
pub(super) fn parsed<T: FromStr>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| unreadable(column, &text))
}

/// Reads a text column that may be empty.
pub(super) fn maybe_parsed<T: FromStr>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| unreadable(column, &text)))
        .transpose()
}

/// Reads a JSON column that was written by [`json`].
pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| unreadable(column, &text))
}

/// Reads a column of milliseconds.
pub(super) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

/// Reads a column of milliseconds that may be empty.
pub(super) fn maybe_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row
        .get::<_, Option<u64>>(column)?
        .map(Timestamp::from_millis))
}

/// Reads what a box holds: a number of messages and the sum of their bytes.
pub(super) fn load(row: &Row<'_>) -> rusqlite::Result<Load> {
    Ok(Load {
        messages: row.get(0)?,
        bytes: row.get(1)?,
    })
}

/// Reads a turn number or a limit.
pub(super) fn turn(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<TurnNumber>> {
    Ok(row.get::<_, Option<u64>>(column)?.and_then(TurnNumber::new))
}

/// A turn number or a limit as it is stored. SQLite's integers end at 2^63, and the number may be
/// a sender's claim.
pub(super) fn stored_turn(turn: Option<TurnNumber>) -> Option<i64> {
    turn.and_then(|turn| i64::try_from(turn.get()).ok())
}

/// The text of a message as the policies left it; as it came, where they did not admit it.
pub(super) fn shown_content(row: &Row<'_>) -> rusqlite::Result<String> {
    match row.get("admitted")? {
        Some(content) => Ok(content),
        None => row.get("content"),
    }
}

/// The text of a JSON column.
pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// A note that the daemon keeps for itself, by name.
pub(super) fn note<T: FromSql>(connection: &Connection, key: &str) -> rusqlite::Result<Option<T>> {
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let mut rows = query.query([key])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

/// Keeps a note under its name.
pub(super) fn keep_note(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute([key, value])?;
    Ok(())
}

/// A value in the database that this program never wrote there.
pub(super) fn unreadable(column: &str, text: &str) -> rusqlite::Error {
    let what = format!(
        "column `{column}` holds {} bytes that are no such value",
        text.len()
    );
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, what.into())
}
