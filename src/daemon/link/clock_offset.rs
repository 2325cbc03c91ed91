//! The relay's clock less ours: learnt from each answer's `Date`, added to all that we sign.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::types::Timestamp;

/// `Date` counts whole seconds and the answer took its time: less than this is no difference.
const NO_DIFFERENCE: Duration = Duration::from_secs(2);

/// The offset, shared by all that sign. Zero until the relay has said otherwise.
#[derive(Debug, Clone, Default)]
pub(in crate::daemon) struct ClockOffset(Arc<AtomicI64>);

impl ClockOffset {
    /// `now` by the relay's clock.
    pub(in crate::daemon) fn apply(&self, now: Timestamp) -> Timestamp {
        now.shifted(self.as_millis())
    }

    /// The offset in milliseconds, for `status`.
    pub(in crate::daemon) fn as_millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the relay's `date`; true when that changed the offset.
    pub(in crate::daemon) fn learn(&self, date: Option<Timestamp>, now: Timestamp) -> bool {
        let Some(date) = date else {
            return false;
        };
        let offset = if date.distance(now) < NO_DIFFERENCE {
            0
        } else {
            signed(date) - signed(now)
        };
        let before = self.0.swap(offset, Ordering::Relaxed);
        before.abs_diff(offset) >= NO_DIFFERENCE.as_millis() as u64
    }
}

fn signed(at: Timestamp) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    #[test]
    fn the_relays_clock_is_followed_both_ways_but_not_for_a_rounding() {
        let offset = ClockOffset::default();
        let hour = Duration::from_secs(3600);
        assert!(!offset.learn(None, NOW));
        assert!(!offset.learn(Some(NOW + Duration::from_secs(1)), NOW));
        assert_eq!(offset.as_millis(), 0);
        assert!(offset.learn(Some(NOW + hour), NOW));
        assert_eq!(offset.apply(NOW), NOW + hour);
        assert!(!offset.learn(Some(NOW + hour), NOW));
        assert!(offset.learn(Some(NOW - hour), NOW));
        assert_eq!(offset.apply(NOW), NOW - hour);
    }
}
