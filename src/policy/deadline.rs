//! How long one call of a guest may take.
//!
//! A call ends when its time is up and it had a processor for half of it: on a busy machine a
//! thread waits for a processor longer than a message may take, and a policy that did nothing wrong
//! does not fail for that. Whatever the machine does, ten times its time is the end.

use std::time::Duration;

use crate::clock::{ProcessorTime, Stopwatch};

/// The most that a call on a busy machine may take, as a multiple of its time.
const MOST: u32 = 10;
/// For so long a reading of processor time does for the next call too, since no more than that was
/// used meanwhile. To read it takes as long as many a call.
const FRESH: Duration = Duration::from_millis(1);

/// The deadline of one call on one thread.
#[derive(Debug)]
pub(super) struct Deadline {
    time: Duration,
    passed: Stopwatch,
    used: ProcessorTime,
}

impl Deadline {
    /// Starts a call that may take `time`, on this thread.
    pub(super) fn start(time: Duration) -> Self {
        Self::start_counting(time, ProcessorTime::start())
    }

    /// The same, where this thread's processor time was read a moment ago.
    pub(super) fn start_counting(time: Duration, used: ProcessorTime) -> Self {
        Self {
            time,
            passed: Stopwatch::start(),
            used,
        }
    }

    /// After how much more time this is to be asked again; nothing when the call is to end.
    pub(super) fn left(&self) -> Option<Duration> {
        left(self.time, self.passed.elapsed(), || self.used.elapsed())
    }
}

/// This thread's processor time over some calls, read no oftener than it has to be.
#[derive(Debug)]
pub(super) struct Readings {
    first: ProcessorTime,
    last: ProcessorTime,
    /// How long the calls since the last one took.
    since: Duration,
}

impl Readings {
    /// Reads for the first time.
    pub(super) fn start() -> Self {
        let first = ProcessorTime::start();
        Self {
            first,
            last: first,
            since: Duration::ZERO,
        }
    }

    /// What the next call counts from.
    pub(super) fn last(&self) -> ProcessorTime {
        self.last
    }

    /// A call took so long.
    pub(super) fn took(&mut self, elapsed: Duration) {
        self.since += elapsed;
        if self.since >= FRESH {
            self.last = ProcessorTime::start();
            self.since = Duration::ZERO;
        }
    }

    /// How long the thread has had a processor since the first one.
    pub(super) fn elapsed(&self) -> Duration {
        self.first.elapsed()
    }
}

/// What is left to a call that may take `time`, began `passed` ago and `used` a processor so long.
fn left(time: Duration, passed: Duration, used: impl FnOnce() -> Duration) -> Option<Duration> {
    if passed < time {
        return Some(time - passed);
    }
    if passed >= time.saturating_mul(MOST) {
        return None;
    }
    let rest = (time / 2).saturating_sub(used());
    (!rest.is_zero()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_when_it_used_its_time_and_not_when_it_waited_for_a_processor() {
        let ms = Duration::from_millis;
        for (passed, used, expect) in [
            (0, 0, Some(50)),
            (49, 49, Some(1)),
            (50, 50, None),
            (50, 25, None),
            (50, 24, Some(1)),
            (50, 0, Some(25)),
            (499, 1, Some(24)),
            (500, 0, None),
            (u64::MAX, 0, None),
        ] {
            let left = left(ms(50), ms(passed), || ms(used));
            assert_eq!(left, expect.map(ms), "{passed} ms, {used} ms of them used");
        }
    }

    #[test]
    fn processor_time_is_read_anew_once_calls_took_a_while() {
        let mut readings = Readings::start();
        let never = ProcessorTime::default();
        for (took, is_new) in [
            (999, false),
            (1, true),
            (500, false),
            (499, false),
            (2, true),
        ] {
            readings.last = never;
            readings.took(Duration::from_micros(took));
            assert_eq!(readings.last != never, is_new, "{took} µs");
        }
    }

    #[test]
    fn a_time_past_all_bounds_is_no_overflow() {
        let left = left(Duration::MAX, Duration::from_secs(1), Duration::default);
        assert!(left.is_some());
    }
}
