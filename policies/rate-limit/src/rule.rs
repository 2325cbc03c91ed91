//! The rule: a message goes where every bucket that it draws from has room for it.
//!
//! Pure: the message, the settings and what is remembered in, a verdict out. A message that passes
//! is charged now; one that waits is charged at once for the moment until which it waits, so the
//! next one waits longer and the order holds; one that is refused changes nothing. Time is the
//! message's own, so nothing that a sender writes moves a bucket.

use guest::pages::Pages;
use guest::{Direction, Kind, Memory, Message, Trust, Verdict};

use self::record::Record;
use crate::meter::{Cost, Meter, Pair};
use crate::settings::{Limits, OnLimit, Rate, Rates, Settings};

mod record;

/// The code of every hold and rejection.
pub const RATE_LIMITED: &str = "rate_limited";
/// How many messages of one peer wait at most; the next one is refused.
pub const MAX_DEFERRED: u64 = 100;
/// How long a message waits at most for the sake of everyone's bucket; one that would wait longer
/// is refused, so that many who write too much cannot make the others wait for hours.
pub const MAX_WAIT_FOR_EVERYONE_MS: u64 = 5 * 60_000;

/// How many peers are remembered at most.
pub const MAX_PEERS: usize = 100_000;

/// What each peer has used. A peer whose buckets are full again is not remembered.
const PEERS: Pages = Pages {
    letter: b'p',
    pages: 3_125,
    records: MAX_PEERS / 3_125,
    page_bytes: 4_800,
};
/// The key of what all known peers have used.
const EVERYONE: &[u8] = b"everyone";
/// The key of what all strangers have used: however many they are, they leave the known their room.
const STRANGERS: &[u8] = b"strangers";

/// Decides about one message.
pub fn judge(settings: &Settings, message: &Message<'_>, memory: &mut impl Memory) -> Verdict {
    let (now, peer) = (message.now, message.peer());
    let draw = Draw::of(message);
    let page = PEERS.open(memory, peer);
    let mut record = Record::read(page.record(peer));
    record.fill(now, settings, Whose::Peer);
    let verdict = match message.released {
        true => draw.was_charged(&mut record),
        false => draw.charge(settings, &mut record, memory),
    };
    if let Verdict::Reject { .. } = verdict {
        return verdict;
    }
    let may_go = |other: &[u8]| {
        let mut other = Record::read(Some(other));
        other.fill(now, settings, Whose::Peer);
        other.is_full()
    };
    let bytes = record.to_bytes();
    let kept = (!record.is_full()).then_some(bytes.as_slice());
    match page.write(memory, peer, kept, may_go) {
        true => verdict,
        false => no_room(),
    }
}

/// Which budget a message draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Budget {
    /// What is said, and ends.
    Messages,
    /// What lives for the moment.
    Signals,
}

/// Whose buckets.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Peer,
    Everyone,
}

/// What a message wants.
struct Draw {
    everyone: &'static [u8],
    now: u64,
    direction: Direction,
    budget: Budget,
    cost: Cost,
}

/// The meters that a message draws from.
struct Meters<'a> {
    peer: &'a mut Meter,
    everyone: &'a mut Meter,
}

impl Draw {
    fn of(message: &Message<'_>) -> Self {
        let budget = match message.kind {
            Kind::Text | Kind::End => Budget::Messages,
            Kind::Typing | Kind::ReadReceipt => Budget::Signals,
        };
        let everyone = match message.trust {
            Trust::Blocked | Trust::Unknown => STRANGERS,
            Trust::Known | Trust::Owner => EVERYONE,
        };
        Self {
            everyone,
            now: message.now,
            direction: message.direction,
            budget,
            cost: Cost {
                messages: 1,
                bytes: message.content.len() as u64,
            },
        }
    }

    /// A message that waited was charged when it came, and no longer waits.
    fn was_charged(&self, peer: &mut Record) -> Verdict {
        let meter = peer.meter(self.direction, self.budget);
        meter.deferred = meter.deferred.saturating_sub(1);
        Verdict::Pass
    }

    /// Charges `peer` and everyone, or says why not.
    fn charge(&self, settings: &Settings, peer: &mut Record, memory: &mut impl Memory) -> Verdict {
        let mut everyone = Record::read(memory.get(self.everyone).as_deref());
        everyone.fill(self.now, settings, Whose::Everyone);
        let meters = Meters {
            peer: peer.meter(self.direction, self.budget),
            everyone: everyone.meter(self.direction, self.budget),
        };
        let verdict = self.from(settings.of(self.direction), meters);
        if let Verdict::Reject { .. } = verdict {
            return verdict;
        }
        match memory.set(self.everyone, &everyone.to_bytes()) {
            true => verdict,
            false => no_room(),
        }
    }

    /// Charges the meters, or says why not.
    fn from(&self, limits: &Limits, meters: Meters<'_>) -> Verdict {
        let pair = (
            self.budget.pair(&limits.peer),
            self.budget.pair(&limits.everyone),
        );
        let peer = meters.peer.ready(self.now, self.cost, pair.0);
        let everyone = meters.everyone.ready(self.now, self.cost, pair.1);
        let (Ok(peer), Ok(everyone)) = (peer, everyone) else {
            return too_large();
        };
        let until = peer.max(everyone);
        let reason = || match everyone > peer {
            true => format!("{} for all peers together", self.budget.limit(pair.1)),
            false => format!("{} for one peer", self.budget.limit(pair.0)),
        };
        if until > self.now {
            let waits_too_long = everyone > self.now + MAX_WAIT_FOR_EVERYONE_MS;
            let may_wait = limits.on_limit == OnLimit::Defer
                && self.budget == Budget::Messages
                && meters.peer.deferred < MAX_DEFERRED
                && !waits_too_long;
            if !may_wait {
                return Verdict::Reject {
                    code: RATE_LIMITED,
                    reason: reason(),
                    retry_after_ms: Some(until - self.now),
                };
            }
            meters.peer.deferred += 1;
        }
        meters.peer.charge(until, self.cost, pair.0);
        meters.everyone.charge(self.now, self.cost, pair.1);
        if until == self.now {
            return Verdict::Pass;
        }
        Verdict::Hold {
            code: RATE_LIMITED,
            reason: reason(),
            until: Some(until),
        }
    }
}

impl Budget {
    /// The buckets of this budget.
    fn pair(self, rates: &Rates) -> Pair {
        match self {
            Self::Messages => Pair {
                messages: rates.messages,
                bytes: rates.bytes,
            },
            Self::Signals => Pair {
                messages: rates.signals,
                bytes: None,
            },
        }
    }

    /// The limit in words.
    fn limit(self, pair: Pair) -> String {
        let messages = match self {
            Self::Messages => "messages",
            Self::Signals => "signals",
        };
        let words =
            |rate: Option<Rate>, what: &str| rate.map(|rate| format!("{} {what}", rate.per_minute));
        let said = [words(pair.messages, messages), words(pair.bytes, "bytes")];
        let said: Vec<_> = said.into_iter().flatten().collect();
        format!("the limit is {} a minute", said.join(" and "))
    }
}

impl Whose {
    fn rates(self, limits: &Limits) -> &Rates {
        match self {
            Self::Peer => &limits.peer,
            Self::Everyone => &limits.everyone,
        }
    }
}

fn too_large() -> Verdict {
    Verdict::reject(RATE_LIMITED, "it has more bytes than the bucket ever holds")
}

fn no_room() -> Verdict {
    Verdict::reject(RATE_LIMITED, "no room to remember what the peer has used")
}

#[cfg(test)]
mod tests;
