//! Durations and where the middle and the end of them lie. Pure.

use std::time::Duration;

/// How durations are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Half of them are not longer.
    pub p50: Duration,
    /// Ninety-nine of a hundred are not longer.
    pub p99: Duration,
}

impl Spread {
    /// How `durations` are spread; zero where there are none.
    pub(super) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let rank = (durations.len() * percent).div_ceil(100);
            let place = rank.checked_sub(1);
            place.map_or(Duration::ZERO, |place| durations[place])
        };
        Self {
            p50: at(50),
            p99: at(99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_end_are_measurements_and_nothing_between_them() {
        for (measured, p50, p99) in [
            (vec![], 0, 0),
            (vec![7], 7, 7),
            (vec![9, 1], 1, 9),
            (vec![3, 1, 2], 2, 3),
            ((1..=100).collect(), 50, 99),
            ((1..=100).rev().collect(), 50, 99),
            ((1..=101).collect(), 51, 100),
            ((1..=1_000).collect(), 500, 990),
        ] {
            let count = measured.len();
            let measured = measured.into_iter().map(Duration::from_micros).collect();
            let [p50, p99] = [p50, p99].map(Duration::from_micros);
            assert_eq!(Spread::of(measured), Spread { p50, p99 }, "of {count}");
        }
    }
}
