//! Whether the inbox has room for one more message of a peer. Pure: numbers in, an answer out.

use crate::types::Trust;

/// What the inbox says to one more text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// There is one.
    Free,
    /// There is none for anybody: it waits with the relay until the agent has taken some.
    None,
    /// There is none for this peer, whose texts fill its share, while others have theirs.
    ShareUsed,
}

/// The place for one more text of a peer that has `of_peer` of all that are `waiting`. A peer's
/// share is half of what the others leave of `room`: alone it has half, of two that flood each has a
/// third, and there is always as much left for the next one; never less than one text.
pub(super) fn place(room: u64, waiting: u64, of_peer: u64) -> Place {
    if waiting >= room {
        return Place::None;
    }
    let left_by_others = room - (waiting - of_peer.min(waiting));
    if of_peer < (left_by_others / 2).max(1) {
        Place::Free
    } else {
        Place::ShareUsed
    }
}

/// Whether one more message may be held beside the `held` that are. Strangers, who cost nothing to
/// make up, have half of `room`, so that known peers always find the other half.
pub(super) fn may_be_held(room: u64, held: u64, trust: Trust) -> bool {
    match trust {
        Trust::Blocked | Trust::Unknown => held < room / 2,
        Trust::Known | Trust::Owner => held < room,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_fill_half_of_what_may_be_held_and_no_more() {
        for (held, by_stranger, by_known) in [
            (0, true, true),
            (4, true, true),
            (5, false, true),
            (9, false, true),
            (10, false, false),
        ] {
            for (trust, expected) in [
                (Trust::Unknown, by_stranger),
                (Trust::Known, by_known),
                (Trust::Owner, by_known),
            ] {
                assert_eq!(may_be_held(10, held, trust), expected, "{held} {trust}");
            }
        }
    }

    #[test]
    fn a_peer_has_half_of_what_the_others_leave() {
        for (room, waiting, of_peer, expected) in [
            (0, 0, 0, Place::None),
            (1, 0, 0, Place::Free),
            (1, 1, 1, Place::None),
            (2, 1, 1, Place::ShareUsed),
            (2, 1, 0, Place::Free),
            (10, 4, 4, Place::Free),
            (10, 5, 5, Place::ShareUsed),
            // The others have five: two are this one's.
            (10, 6, 1, Place::Free),
            (10, 7, 2, Place::ShareUsed),
            (10, 9, 0, Place::Free),
            (10, 10, 0, Place::None),
            (10, 11, 4, Place::None),
        ] {
            let said = place(room, waiting, of_peer);
            assert_eq!(said, expected, "{of_peer} of {waiting} in {room}");
        }
    }

    #[test]
    fn however_many_flood_it_there_is_a_place_for_the_next_one() {
        for flooding in 1..20 {
            let mut held = vec![0_u64; flooding];
            let mut moved = true;
            while moved {
                moved = false;
                for peer in 0..flooding {
                    let (waiting, of_peer) = (held.iter().sum(), held[peer]);
                    if place(100, waiting, of_peer) == Place::Free {
                        held[peer] += 1;
                        moved = true;
                    }
                }
            }
            let waiting = held.iter().sum();
            assert_eq!(place(100, waiting, 0), Place::Free, "{held:?}");
        }
    }
}
