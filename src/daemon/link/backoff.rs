//! When to connect again: pure.

use std::time::Duration;

use crate::daemon::backoff::{Backoff, Chance, Jitter};

/// The waits between two attempts.
const WAITS: Backoff = Backoff {
    first: Duration::from_secs(1),
    most: Duration::from_secs(60),
    chance: Chance::All,
};
/// A session that lasted so long shows that all is well.
pub(super) const STEADY: Duration = Duration::from_secs(60);
/// How long to wait where trying again cannot help by itself: a person has to act.
pub(super) const FOR_A_PERSON: Duration = Duration::from_secs(10 * 60);

/// How often connecting went wrong since all was well.
#[derive(Debug, Default)]
pub(super) struct Reconnecting {
    failures: u32,
}

impl Reconnecting {
    /// The wait after one more failure.
    pub(super) fn next(&mut self, jitter: Jitter) -> Duration {
        self.failures = self.failures.saturating_add(1);
        WAITS.after(self.failures, jitter)
    }

    /// The same where there is reason to connect again at once: none after the first failure.
    pub(super) fn soon(&mut self, jitter: Jitter) -> Duration {
        if self.failures > 0 {
            return self.next(jitter);
        }
        self.failures = 1;
        Duration::ZERO
    }

    /// All was well for a while: the next wait is short again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_minute_and_start_over_once_all_was_well() {
        let mut reconnecting = Reconnecting::default();
        let mut next = |share| reconnecting.next(Jitter::new(share));
        let waits: Vec<u64> = (0..9).map(|_| next(1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        reconnecting.reset();
        let half = Duration::from_millis(500);
        assert_eq!(reconnecting.next(Jitter::new(0.5)), half);
        assert_eq!(reconnecting.next(Jitter::new(0.0)), Duration::ZERO);
    }

    #[test]
    fn only_the_first_failure_is_followed_at_once() {
        let mut reconnecting = Reconnecting::default();
        let mut soon = || reconnecting.soon(Jitter::new(1.0));
        let waits: Vec<u64> = (0..4).map(|_| soon().as_secs()).collect();
        assert_eq!(waits, [0, 2, 4, 8]);
        reconnecting.reset();
        assert_eq!(reconnecting.soon(Jitter::new(1.0)), Duration::ZERO);
        let second = Duration::from_secs(2);
        assert_eq!(reconnecting.next(Jitter::new(1.0)), second);
    }
}
