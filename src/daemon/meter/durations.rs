//! How long something took, many times: counted into spans that are at most an eighth wide, so that
//! a percentile is exact to 12.5 % and a million of them take no more room than a hundred. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

/// Spans for each doubling, as a power of two.
const PARTS_LOG2: u32 = 3;
/// Longer than this, some 19 hours, counts as this.
const LONGEST_US: u64 = (1 << 36) - 1;

/// Many durations, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Durations {
    spans: BTreeMap<u16, u64>,
    count: u64,
    sum: Duration,
}

impl Durations {
    /// Counts one.
    pub(crate) fn add(&mut self, elapsed: Duration) {
        let us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        *self.spans.entry(span_of(us.min(LONGEST_US))).or_default() += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(elapsed);
    }

    /// Counts all of `others`.
    pub(crate) fn add_all(&mut self, others: &Durations) {
        for (span, count) in &others.spans {
            *self.spans.entry(*span).or_default() += count;
        }
        self.count += others.count;
        self.sum = self.sum.saturating_add(others.sum);
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// How long they took together.
    pub(crate) fn sum(&self) -> Duration {
        self.sum
    }

    /// How many took less than `bound`, which is a power of two, in microseconds.
    pub(crate) fn under(&self, bound: u64) -> u64 {
        let spans = self.spans.range(..span_of(bound.min(LONGEST_US)));
        spans.map(|(_, count)| count).sum()
    }

    /// The duration that so many of a hundred did not exceed: the end of the span in which it lies.
    pub(crate) fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut before = 0;
        self.spans.iter().find_map(|(span, count)| {
            before += count;
            (before >= rank).then(|| Duration::from_micros(end_of(*span)))
        })
    }
}

/// The number of the span in which `us` lies.
fn span_of(us: u64) -> u16 {
    let parts = 1 << PARTS_LOG2;
    if us < parts {
        return us as u16;
    }
    let doubling = us.ilog2() - PARTS_LOG2;
    let part = (us >> doubling) & (parts - 1);
    (u64::from(doubling + 1) * parts + part) as u16
}

/// The last microsecond of a span.
fn end_of(span: u16) -> u64 {
    let parts = 1 << PARTS_LOG2;
    let (doubling, part) = (u64::from(span) / parts, u64::from(span) % parts);
    if doubling == 0 {
        return part;
    }
    ((parts + part + 1) << (doubling - 1)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_a_span_that_is_at_most_an_eighth_wide() {
        for us in (0..5_000).chain([65_535, 65_536, 1_000_000, LONGEST_US]) {
            let end = end_of(span_of(us));
            assert!(us <= end && end - us <= us / 8, "{us} {end}");
            assert_ne!(span_of(end), span_of(end + 1), "{us}");
        }
    }

    #[test]
    fn percentiles_are_those_of_the_whole() {
        let of = |all: &[u64]| {
            let mut durations = Durations::default();
            for us in all {
                durations.add(Duration::from_micros(*us));
            }
            durations
        };
        let hundred: Vec<u64> = (1..=100).collect();
        for (all, percent, expected) in [
            (&[][..], 50, None),
            (&[5], 50, Some(5)),
            (&[5], 99, Some(5)),
            (&[1, 2, 3, 4], 50, Some(2)),
            (&[1, 2, 3, 4], 99, Some(4)),
            (&hundred, 50, Some(51)),
            (&hundred, 99, Some(103)),
            (&[u64::MAX], 50, Some(LONGEST_US)),
        ] {
            let seen = of(all).percentile(percent);
            assert_eq!(
                seen,
                expected.map(Duration::from_micros),
                "{all:?} {percent}"
            );
        }
    }

    #[test]
    fn those_under_a_power_of_two_are_told_exactly() {
        let mut durations = Durations::default();
        for us in 0..5_000 {
            durations.add(Duration::from_micros(us));
        }
        for (bound, count) in [(1, 1), (8, 8), (16, 16), (4_096, 4_096), (1 << 40, 5_000)] {
            assert_eq!(durations.under(bound), count);
        }
    }

    #[test]
    fn what_is_added_together_is_what_was_counted_together() {
        let (mut one, mut other, mut both) = <(Durations, Durations, Durations)>::default();
        for us in [3, 400, 90_000] {
            let took = Duration::from_micros(us);
            one.add(took);
            other.add(took * 2);
            both.add(took);
            both.add(took * 2);
        }
        one.add_all(&other);
        assert_eq!(one, both);
        assert_eq!(
            (one.count(), one.sum()),
            (6, Duration::from_micros(271_209))
        );
    }
}
