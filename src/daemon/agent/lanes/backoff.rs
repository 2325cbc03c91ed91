//! How long to wait after a failure: twice as long each time, up to a bound, less a random part.

use std::time::Duration;

/// A wait that doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Backoff {
    /// After the first failure.
    pub(in crate::daemon) first: Duration,
    /// At most.
    pub(in crate::daemon) most: Duration,
}

/// A random share, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::daemon) struct Jitter(f64);

impl Backoff {
    /// The wait after `failures` in a row. Half of it is certain, the other half random: all that
    /// failed together does not come back together, and none comes back at once.
    pub(in crate::daemon) fn after(&self, failures: u32, jitter: Jitter) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.most);
        whole.mul_f64(0.5 + 0.5 * jitter.0)
    }
}

impl Jitter {
    /// A share that was drawn; what is outside counts as the nearest end.
    pub(in crate::daemon) fn new(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_its_bound() {
        let backoff = Backoff {
            first: Duration::from_secs(1),
            most: Duration::from_secs(300),
        };
        for (failures, least) in [
            (1, 500),
            (2, 1_000),
            (3, 2_000),
            (9, 128_000),
            (10, 150_000),
        ] {
            let least = Duration::from_millis(least);
            assert_eq!(backoff.after(failures, Jitter::new(0.0)), least);
            let longest = backoff.after(failures, Jitter::new(1.0));
            assert!(
                longest > least && longest <= least * 2,
                "{failures}: {longest:?}"
            );
        }
        let most = backoff.after(u32::MAX, Jitter::new(1.0));
        assert!(most <= backoff.most);
    }
}
