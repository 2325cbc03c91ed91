//! What a policy may write into the daemon's log: lines of a bounded length, so many for each call
//! and so many a second. What is too much is counted, and the count is told with the next line.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::super::decision::visible;
use crate::clock::Stopwatch;

/// How many lines one call may log.
const LINES_OF_A_CALL: u32 = 8;
/// How many lines a policy may log at once, over all its calls.
const BURST: u32 = 64;
/// How often it may log one more.
const PACE: Duration = Duration::from_millis(100);
/// Where a line is cut, in bytes.
const MAX_LINE_LEN: usize = 1024;

pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// The log of one policy, whichever of its instances writes.
pub(crate) struct Journal {
    policy: String,
    since: Stopwatch,
    pace: Mutex<Pace>,
}

/// How much may be logged now.
#[derive(Debug)]
struct Pace {
    /// The moment up to which lines were logged in advance.
    taken_until: Duration,
    lines_of_call: u32,
    left_out: u64,
}

impl Journal {
    pub(crate) fn new(policy: &str) -> Self {
        Self {
            policy: policy.to_owned(),
            since: Stopwatch::start(),
            pace: Mutex::new(Pace {
                taken_until: Duration::ZERO,
                lines_of_call: 0,
                left_out: 0,
            }),
        }
    }

    /// Begins a call.
    pub(super) fn begin(&self) {
        self.lock().lines_of_call = 0;
    }

    pub(super) fn write(&self, level: &Level, text: &str) {
        let now = self.since.elapsed();
        let Some(left_out) = self.lock().take(now) else {
            return;
        };
        let policy = &self.policy;
        if left_out > 0 {
            warn!(
                policy.name = policy,
                "policy {policy}: {left_out} lines were left out"
            );
        }
        let line = visible(&text[..text.floor_char_boundary(MAX_LINE_LEN)]);
        match level {
            Level::Debug => debug!(policy.name = policy, "policy {policy}: {line}"),
            Level::Info => info!(policy.name = policy, "policy {policy}: {line}"),
            Level::Warn => warn!(policy.name = policy, "policy {policy}: {line}"),
            Level::Error => error!(policy.name = policy, "policy {policy}: {line}"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// Takes the place of one line, and says how many before it found none; `None` where there is
    /// no place.
    fn take(&mut self, now: Duration) -> Option<u64> {
        let next = self.taken_until.max(now) + PACE;
        if self.lines_of_call >= LINES_OF_A_CALL || next > now + PACE * BURST {
            self.left_out += 1;
            return None;
        }
        self.lines_of_call += 1;
        self.taken_until = next;
        Some(std::mem::take(&mut self.left_out))
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `lines` lines are logged in each of `calls` calls at `now`.
    fn logged(journal: &Journal, now: Duration, calls: u32, lines: u32) -> usize {
        let calls = (0..calls).map(|_| {
            journal.begin();
            let lines = (0..lines).filter(|_| journal.lock().take(now).is_some());
            lines.count()
        });
        calls.sum()
    }

    #[test]
    fn lines_are_bounded_for_a_call_and_for_a_second() {
        let journal = Journal::new("p");
        let at = Duration::from_secs;
        assert_eq!(logged(&journal, at(10), 1, 1_000), 8);
        assert_eq!(logged(&journal, at(10), 100, 8), 64 - 8);
        assert_eq!(logged(&journal, at(10), 100, 8), 0);
        assert_eq!(logged(&journal, at(11), 100, 8), 10);
        assert_eq!(logged(&journal, at(100), 100, 8), 64);
    }

    #[test]
    fn what_was_left_out_is_counted_once() {
        let journal = Journal::new("p");
        assert_eq!(logged(&journal, Duration::ZERO, 1, 11), 8);
        journal.begin();
        assert_eq!(journal.lock().take(Duration::ZERO), Some(3));
        assert_eq!(journal.lock().take(Duration::ZERO), Some(0));
    }
}
