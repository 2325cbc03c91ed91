//! How many of the messages that wait go to the agent in one request. Pure.
//!
//! Nothing is ever kept waiting to make a batch: what waits anyway, because the gateway was away, the
//! message before it was under way or much came at once, goes together. One that comes while nothing
//! waits goes alone and at once.

use crate::types::Timestamp;

/// The most messages in one request.
pub(in crate::daemon) const MOST: usize = 50;

/// The largest body that the gateway's hook takes.
const BODY_BYTES: usize = 256 * 1024;

/// What of a body is not messages: names, session, punctuation and the line above all messages. A
/// session's key of our own takes some 90 bytes, one that the owner chose up to 256, escaped six
/// times as many.
const ENVELOPE_BYTES: usize = 4 * 1024;

/// What has to be known of a message that waits, in the order of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Candidate {
    /// When it began to wait.
    pub(in crate::daemon) stored_at: Timestamp,
    /// Whether its relay proved who wrote it.
    pub(in crate::daemon) is_proven: bool,
    /// What it takes in a body, beside others.
    pub(in crate::daemon) bytes: usize,
}

/// How many of `candidates` go together, from the first on; no more of them are looked at than that
/// and one. The first goes however large it is; the gateway says what it thinks of that.
///
/// What is older than the first does not join it, so that the first is the first to be too old. What
/// is proven and what is not stay apart: they may go to different sessions.
pub(in crate::daemon) fn together(candidates: impl IntoIterator<Item = Candidate>) -> usize {
    let mut candidates = candidates.into_iter();
    let Some(first) = candidates.next() else {
        return 0;
    };
    let mut room = (BODY_BYTES - ENVELOPE_BYTES).saturating_sub(first.bytes);
    let joining = candidates.take(MOST - 1).take_while(|other| {
        let left = room.checked_sub(other.bytes);
        room = left.unwrap_or_default();
        left.is_some() && other.stored_at >= first.stored_at && other.is_proven == first.is_proven
    });
    1 + joining.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_373_464_750;
    const ROOM: usize = BODY_BYTES - ENVELOPE_BYTES;

    fn candidate(at: u64, is_proven: bool, bytes: usize) -> Candidate {
        Candidate {
            stored_at: Timestamp::from_millis(NOW + at),
            is_proven,
            bytes,
        }
    }

    #[test]
    fn what_waits_goes_together_within_its_bounds() {
        let small = |at| candidate(at, true, 600);
        let sized = |bytes| candidate(0, true, bytes);
        let claimed = |at| candidate(at, false, 600);
        for (name, candidates, expected) in [
            ("nothing", vec![], 0),
            ("one", vec![small(0)], 1),
            ("three", vec![small(0), small(1), small(1)], 3),
            ("fifty", vec![small(0); 50], 50),
            ("fifty-one", vec![small(0); 51], 50),
            (
                "one too large by itself",
                vec![sized(2 * ROOM), small(0)],
                1,
            ),
            (
                "all that fits",
                vec![sized(ROOM - 2), sized(1), sized(1)],
                3,
            ),
            (
                "a byte too much",
                vec![sized(ROOM - 2), sized(1), sized(2), sized(0)],
                2,
            ),
            (
                "a gap is not skipped",
                vec![small(0), sized(ROOM), small(0)],
                1,
            ),
            (
                "an older one behind",
                vec![small(5), small(5), small(4), small(6)],
                2,
            ),
            (
                "an unproven one behind",
                vec![small(0), claimed(0), small(0)],
                1,
            ),
            ("unproven ones", vec![claimed(0), claimed(0), small(0)], 2),
        ] {
            assert_eq!(together(candidates), expected, "{name}");
        }
    }
}
