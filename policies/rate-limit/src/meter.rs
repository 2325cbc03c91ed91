//! The bucket: how much of it is used, exactly, in whole numbers.
//!
//! A token counts [`TOKEN`] units, so a millisecond gives back as many units as the rate gives
//! tokens in a minute, and nothing is ever rounded. What is used is kept, not what is left: a
//! bucket that nobody used is all zeros and need not be remembered. Its tokens stay what they are
//! when the settings change.

use crate::settings::Rate;

/// The units of one token: the milliseconds of the minute that gives back `per_minute` of them.
pub const TOKEN: u64 = 60_000;

/// What one name has used of its buckets in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meter {
    /// The time up to which the buckets were filled again. Ahead of now while a message waits:
    /// then it is when the last one may go.
    pub at: u64,
    /// The units used of the bucket of messages.
    pub messages: u64,
    /// The units used of the bucket of bytes.
    pub bytes: u64,
    /// How many messages wait, at most.
    pub deferred: u64,
}

/// What a message takes.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// In messages.
    pub messages: u64,
    /// In bytes.
    pub bytes: u64,
}

/// Two buckets beside one another.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// The bucket of messages.
    pub messages: Option<Rate>,
    /// The bucket of bytes.
    pub bytes: Option<Rate>,
}

/// A message fits into no bucket of this size, ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl Meter {
    /// Fills the buckets up to `now`. A time before the last one gives nothing back.
    pub fn fill(&mut self, now: u64, pair: Pair) {
        // Most are: of four meters a peer uses one.
        if self.is_full() {
            *self = Self::default();
            return;
        }
        let elapsed = now.saturating_sub(self.at);
        let filled = |used: u64, rate: Option<Rate>| {
            let gives = rate.map(|rate| elapsed.saturating_mul(rate.per_minute));
            gives.map_or(0, |gives| used.saturating_sub(gives))
        };
        if elapsed > 0 {
            self.messages = filled(self.messages, pair.messages);
            self.bytes = filled(self.bytes, pair.bytes);
            self.at = now;
        }
        if self.at <= now {
            self.deferred = 0;
        }
        if self.is_full() {
            *self = Self::default();
        }
    }

    /// When both buckets, filled up to `now`, have room for `cost`: not before `now`, nor before
    /// what already waits.
    pub fn ready(&self, now: u64, cost: Cost, pair: Pair) -> Result<u64, TooLarge> {
        let messages = wait(self.messages, cost.messages, pair.messages)?;
        let bytes = wait(self.bytes, cost.bytes, pair.bytes)?;
        Ok(self.at.max(now) + messages.max(bytes))
    }

    /// Takes `cost` out of the buckets at `time`.
    pub fn charge(&mut self, time: u64, cost: Cost, pair: Pair) {
        let deferred = self.deferred;
        self.fill(time, pair);
        self.deferred = deferred;
        self.at = self.at.max(time);
        self.messages += pair.messages.map_or(0, |_| cost.messages * TOKEN);
        self.bytes += pair.bytes.map_or(0, |_| cost.bytes * TOKEN);
    }

    /// Whether nothing is used and nothing waits.
    pub fn is_full(&self) -> bool {
        self.messages == 0 && self.bytes == 0 && self.deferred == 0
    }
}

/// In how many milliseconds a bucket of which `used` units are used has room for `tokens` more.
fn wait(used: u64, tokens: u64, rate: Option<Rate>) -> Result<u64, TooLarge> {
    let Some(rate) = rate else { return Ok(0) };
    if tokens > rate.burst {
        return Err(TooLarge);
    }
    let over = (used + tokens * TOKEN).saturating_sub(rate.burst * TOKEN);
    Ok(over.div_ceil(rate.per_minute))
}
