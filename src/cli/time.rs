//! Times and spans as people read them.

use std::time::Duration;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// A moment of `ms` Unix milliseconds, in UTC to the second.
pub(super) fn moment(ms: u64) -> String {
    let seconds = ms / 1000;
    let (year, month, day) = date(seconds / DAY_SECONDS);
    format!("{year:04}-{month:02}-{day:02} {} UTC", time_of_day(ms))
}

/// The time of day of a moment, in UTC to the second.
pub(super) fn time_of_day(ms: u64) -> String {
    let seconds = ms / 1000 % DAY_SECONDS;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A span in its two largest units.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (
        seconds / DAY_SECONDS,
        seconds / 3600 % 24,
        seconds / 60 % 60,
    );
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// A time to wait: a span whose smaller unit is left out where there is none of it.
pub(super) fn wait(duration: Duration) -> String {
    let span = span(duration);
    let whole = [" 0 s", " 0 min", " 0 h"]
        .into_iter()
        .find_map(|none| span.strip_suffix(none));
    whole.unwrap_or(&span).to_owned()
}

/// Year, month and day of the Gregorian calendar, `days` after 1970-01-01. Counts in years that
/// begin in March, so that the leap day is the last of one.
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let leap_days = day_of_era / 1_460 + day_of_era / 146_096;
    let year_of_era = (day_of_era + day_of_era / 36_524 - leap_days) / 365;
    let start = 365 * year_of_era + year_of_era / 4 - year_of_era / 100;
    let day_of_year = day_of_era - start;
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_of_the_calendar() {
        for (ms, shown) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399_999, "2000-02-28 23:59:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (951_868_800_000, "2000-03-01 00:00:00 UTC"),
            (1_709_210_096_000, "2024-02-29 12:34:56 UTC"),
            (1_735_689_599_000, "2024-12-31 23:59:59 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(moment(ms), shown);
        }
    }

    #[test]
    fn a_time_to_wait_has_no_unit_of_which_there_is_none() {
        for (seconds, shown) in [
            (0, "0 s"),
            (10, "10 s"),
            (60, "1 min"),
            (90, "1 min 30 s"),
            (3_600, "1 h"),
            (36_000, "10 h"),
            (86_400, "1 d"),
        ] {
            assert_eq!(wait(Duration::from_secs(seconds)), shown);
        }
    }

    #[test]
    fn spans_have_two_units() {
        for (seconds, shown) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3_660, "1 h 1 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), shown);
        }
    }
}
