//! A moment in Unix milliseconds, as the wire and the databases write it. None is later than a
//! database's integers go: what a peer or a policy says beyond that is that last moment.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(from = "u64", into = "u64")]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `ms` milliseconds after the epoch.
    pub const fn from_millis(ms: u64) -> Self {
        if ms > MAX_MS { Self(MAX_MS) } else { Self(ms) }
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero where it is not earlier.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// How far apart the two are, whichever is the earlier.
    pub fn distance(self, other: Timestamp) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }

    /// The moment as a person reads it: `2026-11-22T21:10:04.750Z`.
    pub fn to_utc(self) -> String {
        let (days, ms) = (self.0 / MS_A_DAY, self.0 % MS_A_DAY);
        let (year, month, day) = date_of(days);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        let ms = ms % 1_000;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }

    /// This moment moved by `offset_ms`, which may be negative.
    pub fn shifted(self, offset_ms: i64) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_add_signed(offset_ms))
    }
}

const MS_A_DAY: u64 = 86_400_000;

/// The last moment: the largest integer of a database.
const MAX_MS: u64 = i64::MAX.unsigned_abs();

impl From<u64> for Timestamp {
    fn from(ms: u64) -> Self {
        Self::from_millis(ms)
    }
}

impl From<Timestamp> for u64 {
    fn from(at: Timestamp) -> Self {
        at.0
    }
}

/// The date `days` days after 1970-01-01.
///
/// Years are counted from 1 March, so that the leap day is a year's last and the months before it
/// have a fixed pattern; 400 of them always have 146,097 days.
fn date_of(days: u64) -> (u64, u64, u64) {
    const DAYS_FROM_YEAR_0: u64 = 719_468;
    let since = days + DAYS_FROM_YEAR_0;
    let (era, day) = (since / 146_097, since % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year + u64::from(month >= 10);
    (year, (month + 2) % 12 + 1, day)
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, duration: Duration) -> Timestamp {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(self.0.saturating_add(ms))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, duration: Duration) -> Timestamp {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_sub(ms))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_its_date_and_time() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_795_381_804_750, "2026-11-22T21:10:04.750Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_800_000, "10000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp::from_millis(ms).to_utc(), text);
        }
        assert!(Timestamp::from_millis(u64::MAX).to_utc().ends_with('Z'));
    }

    #[test]
    fn a_moment_beyond_a_databases_integers_is_the_last_one() {
        let last = Timestamp::from_millis(i64::MAX.unsigned_abs());
        for ms in [i64::MAX.unsigned_abs(), 1 << 63, u64::MAX] {
            assert_eq!(Timestamp::from_millis(ms), last);
            let read: Timestamp = serde_json::from_str(&ms.to_string()).unwrap();
            assert_eq!(read, last, "{ms}");
        }
        assert_eq!(last + Duration::from_millis(1), last);
        assert_eq!(last.shifted(i64::MAX), last);
        assert_eq!(serde_json::to_string(&last).unwrap(), "9223372036854775807");
    }

    #[test]
    fn arithmetic_stops_at_the_ends_instead_of_wrapping() {
        let start = Timestamp::from_millis(0);
        let end = Timestamp::from_millis(u64::MAX);
        assert_eq!(start - Duration::from_secs(1), start);
        assert_eq!(end + Duration::MAX, end);
        assert_eq!(start.since(end), Duration::ZERO);
        assert_eq!(start.distance(end), end.distance(start));
        assert_eq!(start.shifted(-5), start);
    }
}
