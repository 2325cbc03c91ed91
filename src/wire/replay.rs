//! The memory of nonces: each is taken once.
//!
//! It lives with the session whose key signed them and dies with it, and it is asked only after
//! the signature was verified, so a forged frame cannot use up an honest nonce. It keeps two
//! generations of keyed 64-bit hashes: a collision, at one in 2^64 for each nonce remembered,
//! refuses a message that then goes again under a new nonce, and cannot be provoked from outside.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::types::{Nonce, Timestamp};

/// How far the time of signing may be from the relay's clock, either way.
pub const MAX_CLOCK_DISTANCE: Duration = Duration::from_secs(5 * 60);

/// A generation lasts as long as a nonce can come again with an acceptable time of signing: from
/// five minutes ahead of the clock to five minutes behind it.
const GENERATION: Duration = Duration::from_secs(2 * 5 * 60);

/// The most that a generation holds where nothing else is said, about 16 MiB; a full one makes the
/// older one be forgotten.
const GENERATION_MAX: usize = 1_000_000;

/// Nonces taken in one session.
#[derive(Debug)]
pub struct NonceMemory {
    seed: RandomState,
    current: HashSet<u64>,
    previous: HashSet<u64>,
    since: Timestamp,
    generation_max: usize,
}

impl NonceMemory {
    /// An empty memory at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self::holding(GENERATION_MAX, now)
    }

    /// An empty memory at `now` that keeps the latest `most` nonces, and at most twice as many.
    pub fn holding(most: usize, now: Timestamp) -> Self {
        Self {
            seed: RandomState::new(),
            current: HashSet::new(),
            previous: HashSet::new(),
            since: now,
            generation_max: most,
        }
    }

    /// Takes `nonce`; false when it was taken before.
    pub fn take(&mut self, nonce: &Nonce, now: Timestamp) -> bool {
        if now.since(self.since) >= GENERATION || self.current.len() >= self.generation_max {
            self.previous = std::mem::take(&mut self.current);
            self.since = now;
        }
        let hash = self.seed.hash_one(nonce.as_str());
        !self.previous.contains(&hash) && self.current.insert(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_795_373_464_750);

    #[test]
    fn a_nonce_is_taken_once_for_as_long_as_it_could_come_again() {
        let mut memory = NonceMemory::new(START);
        let nonce = Nonce::new("0f1e2d3c").unwrap();
        assert!(memory.take(&nonce, START + GENERATION - Duration::from_millis(1)));
        let last_acceptable = START + GENERATION + MAX_CLOCK_DISTANCE + MAX_CLOCK_DISTANCE;
        for later in [
            START,
            START + GENERATION,
            last_acceptable - Duration::from_millis(2),
        ] {
            assert!(!memory.take(&nonce, later), "{later}");
        }
        assert!(memory.take(&Nonce::new("other").unwrap(), START));
    }

    #[test]
    fn memory_is_bounded_by_two_generations() {
        for most in [1, 100, 14_336] {
            let mut memory = NonceMemory::holding(most, START);
            let nonce = |n: usize| Nonce::new(&n.to_string()).unwrap();
            let count = 2 * most + 10;
            assert!((0..count).all(|n| memory.take(&nonce(n), START)));
            assert!(memory.current.len() + memory.previous.len() <= 2 * most);
            assert!((count - most..count).all(|n| !memory.take(&nonce(n), START)));
            // Some room to grow and one byte for each place: what a full generation takes.
            assert!(memory.current.capacity() * 9 <= 9 * 14_336);
        }
    }
}
