//! From columns to our types and back. A row that we wrote and cannot read is an error of ours.

use std::error::Error;
use std::str::FromStr;

use rusqlite::types::Type;
use rusqlite::{Result, Row};

use crate::types::{Timestamp, TurnNumber};

/// Reads a text column as `T`.
pub(super) fn parse<T>(row: &Row<'_>, column: usize) -> Result<T>
where
    T: FromStr,
    T::Err: Into<Box<dyn Error + Send + Sync>>,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|why: T::Err| broken(column, why))
}

/// Reads a text column that may be null as `T`.
pub(super) fn parse_optional<T>(row: &Row<'_>, column: usize) -> Result<Option<T>>
where
    T: FromStr,
    T::Err: Into<Box<dyn Error + Send + Sync>>,
{
    match row.get_ref(column)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|why: T::Err| broken(column, why)),
    }
}

/// Reads a text column as one of our words.
pub(super) fn word<T: Copy>(
    row: &Row<'_>,
    column: usize,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    let found = all.iter().copied().find(|word| as_str(*word) == text);
    found.ok_or_else(|| broken(column, "a word that this version does not know"))
}

/// Reads a column of milliseconds.
pub(super) fn timestamp(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_millis(count(row, column)?))
}

/// A moment as SQLite keeps it.
pub(super) fn millis(moment: Timestamp) -> i64 {
    count_column(moment.as_millis())
}

/// Reads a column of something counted.
pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|why| broken(column, why))
}

/// Something counted as SQLite keeps it, which is up to 63 bits.
pub(super) fn count_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads a column of a turn number or a limit.
pub(super) fn turn(row: &Row<'_>, column: usize) -> Result<Option<TurnNumber>> {
    let number: Option<i64> = row.get(column)?;
    Ok(number.and_then(|number| TurnNumber::new(number.cast_unsigned())))
}

/// A turn number as SQLite keeps it. The author's number is data, up to the whole of 64 bits.
pub(super) fn turn_column(turn: Option<TurnNumber>) -> Option<i64> {
    turn.map(|turn| turn.get().cast_signed())
}

/// A column that holds what it should not.
pub(super) fn broken(
    column: usize,
    why: impl Into<Box<dyn Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_peer_are_kept_as_they_are_or_as_the_largest_and_never_wrap() {
        let base = rusqlite::Connection::open_in_memory().unwrap();
        let back = |column: i64| {
            base.query_row("SELECT ?1", [column], |row| {
                Ok((turn(row, 0)?, count(row, 0).ok()))
            })
            .unwrap()
        };
        let largest = i64::MAX.cast_unsigned();
        for (number, counted) in [
            (1, 1),
            (largest, largest),
            (largest + 1, largest),
            (u64::MAX, largest),
        ] {
            // A turn number is the author's and only carried: all 64 bits come back.
            let column = turn_column(TurnNumber::new(number)).unwrap();
            assert_eq!(back(column).0, TurnNumber::new(number));
            // A count or a moment is compared and sorted: it stops at the largest.
            assert_eq!(back(count_column(number)).1, Some(counted));
            assert_eq!(millis(Timestamp::from_millis(number)), count_column(number));
        }
    }
}
