//! How often somebody may do something: a bucket that fills evenly over a minute. Pure.
//!
//! A full bucket holds one minute's worth, so a rush of that size passes and then the even pace
//! holds. Levels are counted in sixty-thousandths, so that milliseconds refill without rounding.

use crate::types::Timestamp;

/// What one event takes out of a bucket.
const EVENT: u64 = 60_000;

/// What is left of somebody's rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    level: u64,
    at: Timestamp,
}

impl Bucket {
    /// A full bucket for `per_minute` events.
    pub(super) fn full(per_minute: u32, now: Timestamp) -> Self {
        Self {
            level: capacity(per_minute),
            at: now,
        }
    }

    /// Takes one event out; false where there is none left. Zero `per_minute` is no limit.
    pub(super) fn take(&mut self, per_minute: u32, now: Timestamp) -> bool {
        if per_minute == 0 {
            return true;
        }
        self.refill(per_minute, now);
        let Some(level) = self.level.checked_sub(EVENT) else {
            return false;
        };
        self.level = level;
        true
    }

    /// Whether nothing was taken for so long that a new bucket would be the same.
    pub(super) fn is_full(&self, per_minute: u32, now: Timestamp) -> bool {
        let mut later = *self;
        later.refill(per_minute, now);
        later.level == capacity(per_minute)
    }

    fn refill(&mut self, per_minute: u32, now: Timestamp) {
        let elapsed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let gained = elapsed.saturating_mul(u64::from(per_minute));
        self.level = self.level.saturating_add(gained).min(capacity(per_minute));
        self.at = now;
    }
}

fn capacity(per_minute: u32) -> u64 {
    u64::from(per_minute) * EVENT
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_the_pace_holds() {
        let mut bucket = Bucket::full(60, START);
        let rush = (0..100).filter(|_| bucket.take(60, START)).count();
        assert_eq!(rush, 60);
        assert!(!bucket.take(60, START + Duration::from_millis(999)));
        assert!(bucket.take(60, START + Duration::from_millis(1_000)));
        assert!(!bucket.take(60, START + Duration::from_millis(1_001)));
        assert!(bucket.is_full(60, START + Duration::from_secs(120)));
    }

    #[test]
    fn zero_is_no_limit_and_a_clock_that_goes_back_gives_nothing() {
        let mut unlimited = Bucket::full(0, START);
        assert!((0..10_000).all(|_| unlimited.take(0, START)));
        let mut bucket = Bucket::full(1, START);
        assert!(bucket.take(1, START));
        assert!(!bucket.take(1, START - Duration::from_secs(600)));
    }
}
