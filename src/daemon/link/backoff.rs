//! When to connect again: pure.

use std::time::Duration;

/// The first wait is up to this long.
const FIRST: Duration = Duration::from_secs(1);
/// No wait is longer than this.
const LONGEST: Duration = Duration::from_secs(60);
/// A session that lasted so long shows that all is well.
pub(super) const STEADY: Duration = Duration::from_secs(60);
/// How long to wait where trying again cannot help by itself: a person has to act.
pub(super) const FOR_A_PERSON: Duration = Duration::from_secs(10 * 60);

/// Waits that grow while connecting goes wrong: exponential, with full jitter.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait; `jitter` is a random number from 0 to 1.
    pub(super) fn next(&mut self, jitter: f64) -> Duration {
        let ceiling = FIRST * 2u32.saturating_pow(self.failures.min(16));
        self.failures += 1;
        ceiling.min(LONGEST).mul_f64(jitter.clamp(0.0, 1.0))
    }

    /// The next wait where there is reason to connect again at once: none for the first failure.
    pub(super) fn soon(&mut self, jitter: f64) -> Duration {
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
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..9).map(|_| backoff.next(1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        backoff.reset();
        assert_eq!(backoff.next(0.5), Duration::from_millis(500));
        assert_eq!(backoff.next(0.0), Duration::ZERO);
    }

    #[test]
    fn only_the_first_failure_is_followed_at_once() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..4).map(|_| backoff.soon(1.0).as_secs()).collect();
        assert_eq!(waits, [0, 2, 4, 8]);
        backoff.reset();
        assert_eq!(backoff.soon(1.0), Duration::ZERO);
        assert_eq!(backoff.next(1.0), Duration::from_secs(2));
    }
}
