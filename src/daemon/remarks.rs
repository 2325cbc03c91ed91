//! How often the log repeats what others make it say: so many lines a minute, and what was left out
//! is counted and told with the next one. Pure.

use std::time::Duration;

use crate::types::Timestamp;

/// Lines in one minute: enough to see what goes on, too few to hide anything else.
const MOST: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);

/// The remarks on one source of them.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    minute_began: Timestamp,
    made: u32,
    left_out: u64,
}

impl Remarks {
    /// Whether a remark may be made at `now`; the number is how many were left out before it.
    pub(super) fn may_make(&mut self, now: Timestamp) -> Option<u64> {
        // A clock that was set back begins anew, too.
        if now.distance(self.minute_began) >= MINUTE {
            self.minute_began = now;
            self.made = 0;
        }
        if self.made >= MOST {
            self.left_out += 1;
            return None;
        }
        self.made += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_ten_remarks_and_the_next_tells_what_was_left_out() {
        let now = Timestamp::from_millis(1_795_373_464_750);
        let mut remarks = Remarks::default();
        let made = |remarks: &mut Remarks, at| remarks.may_make(at);
        for _ in 0..10 {
            assert_eq!(made(&mut remarks, now), Some(0));
        }
        for _ in 0..1_000 {
            assert_eq!(made(&mut remarks, now + Duration::from_secs(59)), None);
        }
        assert_eq!(made(&mut remarks, now + MINUTE), Some(1_000));
        assert_eq!(made(&mut remarks, now + MINUTE), Some(0));
        assert_eq!(made(&mut remarks, now - MINUTE), Some(0));
    }
}
