//! What one agent may make the relay do in a minute, whichever connection or call it comes by.
//! Pure.
//!
//! Whatever reaches the disk is taken out of one of these buckets first. What is answered from
//! memory alone costs nothing here.

use super::rate::Bucket;
use super::recent::Recent;
use crate::types::Timestamp;

/// A message that was refused or found no room may come so many times for each that may be new:
/// an honest sender waits longer each time, and two attempts at each message leave it room.
const AGAIN_FOR_EACH: u32 = 2;

/// Signed calls and connections, beside those that send messages: an agent makes a handful a day,
/// and a person who edits lists some dozens.
const CALLS_PER_MINUTE: u32 = 120;

/// Acknowledgements of what was written on an earlier connection: as many as stand
/// unacknowledged on one. What is not taken does no harm, since the mail comes again.
const LATE_ACKS_PER_MINUTE: u32 = 128;

/// For how many minutes one generation of nonces is kept, and a rush of one minute's worth.
const MINUTES_OF_NONCES: usize = 11;

/// The most nonces that one generation of a session keeps, two of which take at most 300 KiB.
const NONCES_MAX: usize = 14_336;

/// What an agent sent lately, and how much it may still send.
#[derive(Debug)]
pub(super) struct Meter {
    /// What it sent.
    pub(super) recent: Recent,
    per_minute: u32,
    messages: Bucket,
    again: Bucket,
    calls: Bucket,
    late_acks: Bucket,
}

impl Meter {
    /// A meter that has counted nothing, for `per_minute` messages; 0 is no limit.
    pub(super) fn new(per_minute: u32, now: Timestamp) -> Self {
        Self {
            recent: Recent::default(),
            per_minute,
            messages: Bucket::full(per_minute, now),
            again: Bucket::full(again_per_minute(per_minute), now),
            calls: Bucket::full(calls_per_minute(per_minute), now),
            late_acks: Bucket::full(LATE_ACKS_PER_MINUTE, now),
        }
    }

    /// Counts a new message; false where it is one too many.
    pub(super) fn take_message(&mut self, now: Timestamp) -> bool {
        self.messages.take(self.per_minute, now)
    }

    /// Counts a message that comes again and has to be judged or routed anew.
    pub(super) fn take_again(&mut self, now: Timestamp) -> bool {
        self.again.take(again_per_minute(self.per_minute), now)
    }

    /// Counts a signed call or a connection.
    pub(super) fn take_call(&mut self, now: Timestamp) -> bool {
        self.calls.take(calls_per_minute(self.per_minute), now)
    }

    /// Counts an acknowledgement of what this connection did not write.
    pub(super) fn take_late_ack(&mut self, now: Timestamp) -> bool {
        self.late_acks.take(LATE_ACKS_PER_MINUTE, now)
    }
}

/// How many nonces one generation of a session's memory keeps: all that an agent can use within
/// its rates while it lasts. Whoever sends more only forgets its own nonces sooner, and is known
/// by the ids of its messages still.
pub(super) fn nonces_kept(per_minute: u32) -> usize {
    if per_minute == 0 {
        return NONCES_MAX;
    }
    let frames = per_minute.saturating_add(again_per_minute(per_minute));
    usize::try_from(frames)
        .unwrap_or(usize::MAX)
        .saturating_mul(MINUTES_OF_NONCES)
        .min(NONCES_MAX)
}

fn again_per_minute(per_minute: u32) -> u32 {
    per_minute.saturating_mul(AGAIN_FOR_EACH)
}

/// Who lets agents send without a limit does not limit the calls that send either.
fn calls_per_minute(per_minute: u32) -> u32 {
    match per_minute {
        0 => 0,
        limit => limit.saturating_add(CALLS_PER_MINUTE),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    #[test]
    fn everything_that_costs_the_disk_has_a_bound_of_its_own() {
        type Take = fn(&mut Meter, Timestamp) -> bool;
        let cases: [(&str, Take, u32, usize); 7] = [
            ("messages", Meter::take_message, 60, 60),
            ("again", Meter::take_again, 60, 120),
            ("calls", Meter::take_call, 60, 180),
            ("late acks", Meter::take_late_ack, 60, 128),
            ("messages without a limit", Meter::take_message, 0, 9_999),
            ("calls without a limit", Meter::take_call, 0, 9_999),
            ("late acks are always bounded", Meter::take_late_ack, 0, 128),
        ];
        for (name, take, per_minute, expected) in cases {
            let mut meter = Meter::new(per_minute, START);
            let rush = (0..9_999).filter(|_| take(&mut meter, START)).count();
            assert_eq!(rush, expected, "{name}");
            let later = START + Duration::from_secs(60);
            assert!(take(&mut meter, later), "{name}: a minute later");
        }
    }

    #[test]
    fn nonces_are_kept_for_all_that_the_rate_lets_through_up_to_a_small_bound() {
        for (per_minute, kept) in [
            (1, 33),
            (60, 1_980),
            (434, 14_322),
            (435, NONCES_MAX),
            (u32::MAX, NONCES_MAX),
            (0, NONCES_MAX),
        ] {
            assert_eq!(nonces_kept(per_minute), kept, "{per_minute}");
        }
    }
}
