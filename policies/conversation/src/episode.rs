//! One conversation as it is remembered: its episode, who closed it, what was last said.
//!
//! ```text
//! last (8 bytes)   turns (4)   standing (1)   closed at (8)
//! [ direction (1), fingerprint ] ...   oldest first, at most 8 each way
//! ```

use guest::Direction;

use crate::fingerprint::{BYTES, Fingerprint};
use crate::loops::{EACH_WAY, Said};

/// How long a conversation may be silent before its episode is over.
pub const EPISODE_IDLE_MS: u64 = 30 * 60_000;
/// How long after an `end` a message of the other side may have crossed it.
pub const CROSSING_MS: u64 = 10_000;

/// A conversation's episode.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Episode {
    /// When the last message was accepted.
    pub last: u64,
    /// How many turns there were, both directions.
    pub turns: u32,
    /// Whether it may go on.
    pub standing: Standing,
    /// The last texts, oldest first.
    pub said: Vec<Said>,
}

/// Whether an episode may go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    #[default]
    Open,
    /// A loop was found: it is over for both.
    Looped,
    /// An `end` was sent this way at this time.
    Closed(Direction, u64),
    /// A loop was found, and this side has sent its `end`.
    LoopedAndClosed,
}

/// Why a turn is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// By a loop.
    Looped,
    /// By an `end`.
    Ended,
}

impl Episode {
    /// Whether a turn may be taken at `now`, and if not, why.
    pub fn may_go_on(&self, direction: Direction, now: u64) -> Result<(), Shut> {
        match self.standing {
            Standing::Open => Ok(()),
            Standing::Looped => Err(Shut::Looped),
            Standing::LoopedAndClosed => Err(Shut::Ended),
            Standing::Closed(by, _) if by == direction => Err(Shut::Ended),
            Standing::Closed(_, at) if now.saturating_sub(at) <= CROSSING_MS => Err(Shut::Ended),
            Standing::Closed(..) => Ok(()),
        }
    }

    /// Takes a turn.
    pub fn take(&mut self, said: Said, now: u64) {
        self.last = now;
        self.turns = self.turns.saturating_add(1);
        self.standing = Standing::Open;
        self.said.push(said);
        let same_way = |other: &Said| other.direction == said.direction;
        if self.said.iter().filter(|other| same_way(other)).count() > EACH_WAY
            && let Some(oldest) = self.said.iter().position(same_way)
        {
            self.said.remove(oldest);
        }
    }

    /// Takes an `end` that went `direction`.
    pub fn end(&mut self, direction: Direction, now: u64) {
        self.standing = match (self.standing, direction) {
            (Standing::Looped | Standing::LoopedAndClosed, Direction::Outbound) => {
                Standing::LoopedAndClosed
            }
            (standing @ (Standing::Looped | Standing::LoopedAndClosed), Direction::Inbound) => {
                standing
            }
            (Standing::Open | Standing::Closed(..), _) => Standing::Closed(direction, now),
        };
    }

    /// Whether the owner's side has sent its `end`.
    pub fn we_ended(&self) -> bool {
        match self.standing {
            Standing::LoopedAndClosed | Standing::Closed(Direction::Outbound, _) => true,
            Standing::Open | Standing::Looped | Standing::Closed(Direction::Inbound, _) => false,
        }
    }

    /// As it is remembered.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (standing, closed_at) = match self.standing {
            Standing::Open => (0, 0),
            Standing::Looped => (1, 0),
            Standing::LoopedAndClosed => (2, 0),
            Standing::Closed(by, at) => (3 + way(by), at),
        };
        let mut bytes = Vec::with_capacity(21 + self.said.len() * (BYTES + 1));
        bytes.extend_from_slice(&self.last.to_be_bytes());
        bytes.extend_from_slice(&self.turns.to_be_bytes());
        bytes.push(standing);
        bytes.extend_from_slice(&closed_at.to_be_bytes());
        for said in &self.said {
            bytes.push(way(said.direction));
            bytes.extend_from_slice(&said.fingerprint.to_bytes());
        }
        bytes
    }

    /// The episode that is remembered as `bytes`, where a message at `now` falls in it: one that is over
    /// or damaged is none.
    pub fn read(bytes: &[u8], now: u64) -> Option<Self> {
        match is_over(bytes, now) {
            true => None,
            false => Self::from_bytes(bytes),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (last, bytes) = bytes.split_first_chunk()?;
        let (turns, bytes) = bytes.split_first_chunk()?;
        let (standing, bytes) = bytes.split_first()?;
        let (closed_at, said) = bytes.split_first_chunk()?;
        let closed_at = u64::from_be_bytes(*closed_at);
        let standing = match standing {
            0 => Standing::Open,
            1 => Standing::Looped,
            2 => Standing::LoopedAndClosed,
            byte => Standing::Closed(direction(byte.checked_sub(3)?)?, closed_at),
        };
        let said = said.chunks(BYTES + 1).map(|said| {
            let (way, fingerprint) = said.split_first()?;
            Some(Said {
                direction: direction(*way)?,
                fingerprint: Fingerprint::from_bytes(fingerprint.try_into().ok()?),
            })
        });
        Some(Self {
            last: u64::from_be_bytes(*last),
            turns: u32::from_be_bytes(*turns),
            standing,
            said: said.collect::<Option<_>>()?,
        })
    }
}

/// Whether the episode that is remembered as `bytes` has been silent for so long that it is over.
pub fn is_over(bytes: &[u8], now: u64) -> bool {
    let last = bytes.first_chunk().copied().map_or(0, u64::from_be_bytes);
    now.saturating_sub(last) >= EPISODE_IDLE_MS
}

fn way(direction: Direction) -> u8 {
    match direction {
        Direction::Inbound => 0,
        Direction::Outbound => 1,
    }
}

fn direction(way: u8) -> Option<Direction> {
    match way {
        0 => Some(Direction::Inbound),
        1 => Some(Direction::Outbound),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(direction: Direction, text: &str) -> Said {
        Said {
            direction,
            fingerprint: Fingerprint::of(text),
        }
    }

    #[test]
    fn an_episode_is_read_as_it_was_written() {
        for standing in [
            Standing::Open,
            Standing::Looped,
            Standing::LoopedAndClosed,
            Standing::Closed(Direction::Inbound, 7),
            Standing::Closed(Direction::Outbound, u64::MAX),
        ] {
            let mut episode = Episode::default();
            episode.take(said(Direction::Inbound, "how is the weather up there?"), 5);
            episode.take(said(Direction::Outbound, "rain"), 6);
            episode.standing = standing;
            let bytes = episode.to_bytes();
            assert_eq!(Episode::from_bytes(&bytes), Some(episode.clone()));
            assert_eq!(
                Episode::read(&bytes, 6 + EPISODE_IDLE_MS - 1),
                Some(episode)
            );
            assert_eq!(Episode::read(&bytes, 6 + EPISODE_IDLE_MS), None);
            assert!(Episode::read(&bytes, 0).is_some(), "a clock that went back");
            assert_eq!(Episode::read(&bytes[..7], 6), None);
            assert_eq!(Episode::from_bytes(&bytes[..bytes.len() - 1]), None);
        }
    }

    #[test]
    fn eight_texts_each_way_are_remembered() {
        let mut episode = Episode::default();
        episode.take(said(Direction::Outbound, "first"), 0);
        for n in 0..20 {
            episode.take(said(Direction::Inbound, &format!("text {n}")), n);
        }
        assert_eq!(episode.said.len(), EACH_WAY + 1);
        assert_eq!(episode.said[0], said(Direction::Outbound, "first"));
        assert_eq!(episode.said[1], said(Direction::Inbound, "text 12"));
    }

    #[test]
    fn an_end_shuts_its_sender_out_and_the_other_for_what_crossed_it() {
        use Direction::{Inbound, Outbound};
        let mut episode = Episode::default();
        episode.end(Inbound, 1_000);
        for (direction, now, expected) in [
            (Inbound, 1_000, Err(Shut::Ended)),
            (Inbound, 1_000_000, Err(Shut::Ended)),
            (Outbound, 11_000, Err(Shut::Ended)),
            (Outbound, 11_001, Ok(())),
        ] {
            assert_eq!(
                episode.may_go_on(direction, now),
                expected,
                "{direction:?} {now}"
            );
        }
    }
}
