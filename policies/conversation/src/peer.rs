//! What is counted of one peer over all conversations: turns of a day, new conversations of an hour.
//!
//! A day is the hour that runs and the 24 before it, so that no 24 hours anywhere have more turns
//! than the limit. An hour is exact: the time of each new conversation in it is remembered.
//!
//! ```text
//! hour of the last turn (4 bytes)   turns of it (3), of the hour before (3), ... 25 in all
//! time of a new conversation (6) ...   oldest first
//! ```

const HOUR_MS: u64 = 3_600_000;
/// The hour that runs and the 24 before it.
const HOURS: usize = 25;
/// The bytes of a count, of a time, and of all that comes before the times.
const COUNT: usize = 3;
const TIME: usize = 6;
const HEAD: usize = 4 + HOURS * COUNT;

/// What is counted of one peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    hour: u64,
    turns: [u32; HOURS],
    new: Vec<u64>,
}

impl Peer {
    /// What was remembered as `bytes`, as of `now`; one that is absent has done nothing.
    pub fn read(bytes: Option<&[u8]>, now: u64) -> Self {
        let peer = bytes.and_then(|bytes| Self::from_bytes(bytes, now));
        peer.unwrap_or_else(|| Self {
            hour: now / HOUR_MS,
            ..Self::default()
        })
    }

    /// Turns in the last 24 hours, all conversations together.
    pub fn turns_of_day(&self) -> u64 {
        self.turns.iter().map(|turns| u64::from(*turns)).sum()
    }

    /// In how many milliseconds the oldest turns of the day no longer count.
    pub fn wait_for_turn(&self, now: u64) -> u64 {
        let oldest = self.turns.iter().rposition(|turns| *turns > 0);
        let hours = oldest.map_or(0, |oldest| HOURS - oldest) as u64;
        ((self.hour + hours) * HOUR_MS).saturating_sub(now)
    }

    /// In how many milliseconds one more conversation may begin, where `most` may in an hour.
    pub fn wait_for_new(&self, most: u64, now: u64) -> Option<u64> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let that_must_be_over = self.new.len().checked_sub(most)?;
        let time = self.new.get(that_must_be_over)?;
        Some((time + HOUR_MS).saturating_sub(now))
    }

    /// Counts a turn.
    pub fn take(&mut self) {
        self.turns[0] = self.turns[0].saturating_add(1).min(0xff_ffff);
    }

    /// Counts a new conversation, of which `most` at the most are remembered.
    pub fn begin(&mut self, most: u64, now: u64) {
        self.new.push(now);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let too_many = self.new.len().saturating_sub(most);
        self.new.drain(..too_many);
    }

    /// Whether it is as if the peer had never been.
    pub fn is_quiet(&self) -> bool {
        self.turns_of_day() == 0 && self.new.is_empty()
    }

    /// As it is remembered.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEAD + self.new.len() * TIME];
        let (hour, turns) = bytes.split_at_mut(4);
        hour.copy_from_slice(&self.hour.to_be_bytes()[4..]);
        let (turns, new) = turns.split_at_mut(HOURS * COUNT);
        for (bytes, turns) in turns.as_chunks_mut::<COUNT>().0.iter_mut().zip(self.turns) {
            let [_, count @ ..] = turns.to_be_bytes();
            *bytes = count;
        }
        for (bytes, time) in new.as_chunks_mut::<TIME>().0.iter_mut().zip(&self.new) {
            let [_, _, time @ ..] = time.to_be_bytes();
            *bytes = time;
        }
        bytes
    }

    /// What was remembered: each count as many hours further back as have passed, and of the new
    /// conversations those of the last hour.
    fn from_bytes(bytes: &[u8], now: u64) -> Option<Self> {
        let (hour, bytes) = bytes.split_first_chunk()?;
        let (turns, new) = bytes.split_first_chunk::<{ HOURS * COUNT }>()?;
        let then = u64::from(u32::from_be_bytes(*hour));
        let hour = then.max(now / HOUR_MS);
        let mut peer = Self {
            hour,
            ..Self::default()
        };
        let passed = usize::try_from(hour - then).unwrap_or(HOURS);
        let further_back = peer.turns.iter_mut().skip(passed);
        for (count, [a, b, c]) in further_back.zip(turns.as_chunks().0) {
            *count = u32::from_be_bytes([0, *a, *b, *c]);
        }
        let times = new.as_chunks::<TIME>().0.iter();
        let times =
            times.map(|[a, b, c, d, e, f]| u64::from_be_bytes([0, 0, *a, *b, *c, *d, *e, *f]));
        peer.new = times
            .filter(|time| now.saturating_sub(*time) < HOUR_MS)
            .collect();
        Some(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_381_200_000;

    fn again(peer: &Peer, now: u64) -> Peer {
        Peer::read(Some(&peer.to_bytes()), now)
    }

    #[test]
    fn a_turn_counts_for_a_day_and_no_longer_than_an_hour_more() {
        let mut peer = Peer::read(None, NOW);
        peer.take();
        assert_eq!(
            peer.wait_for_turn(NOW + 1),
            25 * HOUR_MS - NOW % HOUR_MS - 1
        );
        for (later, turns) in [(0, 1), (1, 1), (24, 1), (25, 0), (1_000, 0)] {
            let peer = again(&peer, NOW + later * HOUR_MS);
            assert_eq!(peer.turns_of_day(), turns, "{later} hours later");
        }
    }

    #[test]
    fn each_hour_keeps_its_own_count() {
        let mut peer = Peer::read(None, NOW);
        for (hour, turns) in [(0, 1), (1, 2), (5, 4)] {
            peer = again(&peer, NOW + hour * HOUR_MS);
            (0..turns).for_each(|_| peer.take());
        }
        for (later, turns) in [(0, 7), (19, 7), (20, 6), (21, 4), (24, 4), (25, 0)] {
            let peer = again(&peer, NOW + (5 + later) * HOUR_MS);
            assert_eq!(peer.turns_of_day(), turns, "{later} hours later");
        }
    }

    #[test]
    fn a_clock_that_went_back_changes_nothing_and_what_is_damaged_was_never_there() {
        let mut peer = Peer::read(None, NOW);
        peer.begin(5, NOW);
        peer.take();
        for now in [NOW - HOUR_MS, 0] {
            assert_eq!(again(&peer, now), peer);
        }
        let bytes = peer.to_bytes();
        let nobody = Peer::read(None, NOW);
        for length in [0, 3, HEAD - 1] {
            assert_eq!(Peer::read(Some(&bytes[..length]), NOW), nobody, "{length}");
        }
    }

    #[test]
    fn no_day_anywhere_has_more_turns_than_were_counted() {
        let mut peer = Peer::default();
        for hour in 0..100 {
            peer = again(&peer, NOW + hour * HOUR_MS);
            peer.take();
            assert_eq!(peer.turns_of_day(), (hour + 1).min(25));
        }
    }

    #[test]
    fn a_new_conversation_waits_until_the_oldest_of_so_many_is_an_hour_old() {
        let mut peer = Peer::default();
        for n in 0..5 {
            assert_eq!(peer.wait_for_new(5, NOW + n), None);
            peer.begin(5, NOW + n);
        }
        assert_eq!(peer.wait_for_new(5, NOW + 10), Some(HOUR_MS - 10));
        let later = NOW + HOUR_MS;
        assert_eq!(again(&peer, later - 1).wait_for_new(5, later - 1), Some(1));
        assert_eq!(again(&peer, later).wait_for_new(5, later), None);
        assert!(again(&peer, later + 4).is_quiet());
    }
}
