//! Whether a box has room for one more message: in number, and in bytes of text. Pure: loads in, an
//! answer out.

use crate::types::Trust;

/// How much stands in a box, or may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) messages: u64,
    /// Of their texts, as they came.
    pub(super) bytes: u64,
}

/// What a box says to one more message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// There is one.
    Free,
    /// There is none for anybody, until some of what waits is gone.
    None,
    /// There is none for this peer, whose messages fill its share, while others have theirs.
    ShareUsed,
}

impl Load {
    /// So many messages, however long they are.
    #[cfg(test)]
    pub(super) const fn messages(messages: u64) -> Self {
        Self {
            messages,
            bytes: u64::MAX,
        }
    }

    /// Whether nothing more goes beside it into `room`, by either measure.
    pub(super) fn fills(self, room: Self) -> bool {
        self.messages >= room.messages || self.bytes >= room.bytes
    }
}

/// The place for one more message of a peer that has `of_peer` of all that are `waiting`. A peer's
/// share is half of what the others leave of `room`: alone it has half, of two that flood each has a
/// third, and there is always as much left for the next one; never less than one message. A text has a
/// place where the box is not full before it, so a box holds at most one text more than its bytes.
pub(super) fn place(room: Load, waiting: Load, of_peer: Load) -> Place {
    if waiting.fills(room) {
        return Place::None;
    }
    let uses_share = uses_share(room.messages, waiting.messages, of_peer.messages)
        || uses_share(room.bytes, waiting.bytes, of_peer.bytes);
    match uses_share {
        true => Place::ShareUsed,
        false => Place::Free,
    }
}

/// The same of one measure.
fn uses_share(room: u64, waiting: u64, of_peer: u64) -> bool {
    let left_by_others = room - (waiting - of_peer.min(waiting));
    of_peer >= (left_by_others / 2).max(1)
}

/// Whether one more message may be held beside the `held` that are. Strangers, who cost nothing to
/// make up, have half of `room`, so that known peers always find the other half.
pub(super) fn may_be_held(room: Load, held: Load, trust: Trust) -> bool {
    let room = match trust {
        Trust::Blocked | Trust::Unknown => Load {
            messages: room.messages / 2,
            bytes: room.bytes / 2,
        },
        Trust::Known | Trust::Owner => room,
    };
    !held.fills(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many messages, of one byte each.
    fn many(messages: u64) -> Load {
        Load {
            messages,
            bytes: messages,
        }
    }

    #[test]
    fn a_box_is_full_by_number_or_by_bytes_and_so_is_a_share() {
        let load = |messages, bytes| Load { messages, bytes };
        let room = load(10, 1_000);
        for (waiting, of_peer, expected) in [
            (load(9, 999), load(0, 0), Place::Free),
            (load(10, 10), load(0, 0), Place::None),
            (load(1, 1_000), load(0, 0), Place::None),
            (load(1, 499), load(1, 499), Place::Free),
            (load(1, 500), load(1, 500), Place::ShareUsed),
            (load(5, 5), load(5, 5), Place::ShareUsed),
            (load(3, 800), load(1, 150), Place::Free),
            (load(3, 800), load(1, 200), Place::ShareUsed),
        ] {
            assert_eq!(place(room, waiting, of_peer), expected, "{waiting:?}");
            let may_be_held = may_be_held(room, waiting, Trust::Known);
            assert_eq!(may_be_held, expected != Place::None, "{waiting:?}");
        }
        assert!(may_be_held(room, load(4, 499), Trust::Unknown));
        assert!(!may_be_held(room, load(4, 500), Trust::Unknown));
    }

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
                assert_eq!(
                    may_be_held(Load::messages(10), many(held), trust),
                    expected,
                    "{held} {trust}"
                );
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
            let said = place(Load::messages(room), many(waiting), many(of_peer));
            assert_eq!(said, expected, "{of_peer} of {waiting} in {room}");
        }
    }

    #[test]
    fn however_many_flood_it_there_is_a_place_for_the_next_one() {
        let room = Load::messages(100);
        for flooding in 1..20 {
            let mut held = vec![0_u64; flooding];
            let mut moved = true;
            while moved {
                moved = false;
                for peer in 0..flooding {
                    let (waiting, of_peer) = (held.iter().sum(), held[peer]);
                    if place(room, many(waiting), many(of_peer)) == Place::Free {
                        held[peer] += 1;
                        moved = true;
                    }
                }
            }
            let waiting = held.iter().sum();
            assert_eq!(
                place(room, many(waiting), Load::default()),
                Place::Free,
                "{held:?}"
            );
        }
    }
}
