//! How long to wait after failures: twice as long each time, up to a bound, less a random part, so
//! that what failed together does not come back together. Pure; link, outbox and delivery each have
//! waits of their own.

use std::time::Duration;

/// A wait that doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backoff {
    /// After the first failure.
    pub(super) first: Duration,
    /// At most.
    pub(super) most: Duration,
    /// Which part of a wait may be missing.
    pub(super) chance: Chance,
}

/// Which part of a wait is left to chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chance {
    /// Half of it: for what must not come back at once.
    Half,
    /// All of it: for many who come back to one place.
    All,
}

/// A random share, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Jitter(f64);

impl Backoff {
    /// The wait after `failures` in a row.
    pub(super) fn after(&self, failures: u32, jitter: Jitter) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.most);
        whole.mul_f64(match self.chance {
            Chance::Half => 0.5 + 0.5 * jitter.0,
            Chance::All => jitter.0,
        })
    }
}

impl Jitter {
    /// A share that was drawn; what is outside counts as the nearest end.
    pub(super) fn new(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wait_doubles_up_to_its_bound() {
        let backoff = Backoff {
            first: Duration::from_secs(1),
            most: Duration::from_secs(300),
            chance: Chance::Half,
        };
        for (failures, seconds) in [(0, 1), (1, 1), (2, 2), (3, 4), (9, 256), (10, 300)] {
            let longest = Duration::from_secs(seconds);
            assert_eq!(backoff.after(failures, Jitter::new(1.0)), longest);
            assert_eq!(backoff.after(failures, Jitter::new(0.0)), longest / 2);
            let all = Backoff {
                chance: Chance::All,
                ..backoff
            };
            assert_eq!(all.after(failures, Jitter::new(1.0)), longest);
            assert_eq!(all.after(failures, Jitter::new(0.25)), longest / 4);
            assert_eq!(all.after(failures, Jitter::new(0.0)), Duration::ZERO);
        }
    }

    proptest! {
        #[test]
        fn no_number_of_failures_makes_a_wait_shorter_or_too_long(
            first in 1..10_000_u64,
            most in 1..1_000_000_u64,
            failures in any::<u32>(),
            share in any::<f64>(),
        ) {
            let backoff = Backoff {
                first: Duration::from_millis(first),
                most: Duration::from_millis(most),
                chance: Chance::Half,
            };
            let jitter = Jitter::new(if share.is_nan() { 0.5 } else { share });
            let wait = backoff.after(failures, jitter);
            prop_assert!(wait <= backoff.most);
            prop_assert!(wait >= backoff.first.min(backoff.most) / 2);
            prop_assert!(backoff.after(failures.saturating_add(1), jitter) >= wait);
        }
    }
}
