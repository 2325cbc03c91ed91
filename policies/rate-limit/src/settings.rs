//! The settings: from the entry's JSON to checked limits, every complaint with its setting's name.
//!
//! `settings.schema.json` says the same for people and tools; the tests hold the two together.

use guest::settings::{Reader, Table, read};
use guest::{Complaint, Direction};

/// The JSON Schema of the settings.
pub const SCHEMA: &str = guest::schema!("settings.schema.json");

/// The most that a setting may say, so that no sum in the rule can overflow.
const MAX_NUMBER: u64 = 1_000_000_000;
/// What a bucket of bytes holds at the least: the longest message that a relay takes by default.
const LEAST_BYTES: u64 = 65_536;

/// The settings of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What may come in.
    pub inbound: Limits,
    /// What may go out.
    pub outbound: Limits,
}

/// The limits of one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// What becomes of a message that is too much.
    pub on_limit: OnLimit,
    /// For each peer.
    pub peer: Rates,
    /// For all of them together.
    pub everyone: Rates,
}

/// What becomes of a message that is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLimit {
    /// It waits until there is room.
    Defer,
    /// It is refused.
    Reject,
}

/// What may be spent; what is absent has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Messages that something is said with, and ends.
    pub messages: Option<Rate>,
    /// Their bytes.
    pub bytes: Option<Rate>,
    /// `typing` and `read_receipt`.
    pub signals: Option<Rate>,
}

/// A bucket's size, and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What a minute gives back.
    pub per_minute: u64,
    /// What the bucket holds.
    pub burst: u64,
}

/// For a peer: what the TypeScript plugin allows.
const PEER: Rates = Rates {
    messages: Some(Rate::whole_minute(30)),
    bytes: None,
    signals: Some(Rate::whole_minute(20)),
};
/// For everyone: ten peers that write as fast as they may.
const EVERYONE: Rates = Rates {
    messages: Some(Rate::whole_minute(300)),
    bytes: None,
    signals: Some(Rate::whole_minute(200)),
};

impl Rate {
    /// A bucket that holds a whole minute.
    pub const fn whole_minute(per_minute: u64) -> Self {
        Self {
            per_minute,
            burst: per_minute,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let limits = |on_limit| Limits {
            on_limit,
            peer: PEER,
            everyone: EVERYONE,
        };
        Self {
            inbound: limits(OnLimit::Defer),
            outbound: limits(OnLimit::Reject),
        }
    }
}

impl Settings {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, Vec<Complaint>> {
        read(text, |reader, table| {
            let default = Self::default();
            reader.unknown_keys("", table, &DIRECTIONS);
            Some(Self {
                inbound: limits(reader, table, "inbound", default.inbound),
                outbound: limits(reader, table, "outbound", default.outbound),
            })
        })
    }

    /// The limits of `direction`.
    pub fn of(&self, direction: Direction) -> &Limits {
        match direction {
            Direction::Inbound => &self.inbound,
            Direction::Outbound => &self.outbound,
        }
    }
}

fn limits(reader: &mut Reader, table: &Table, key: &str, default: Limits) -> Limits {
    let Some(table) = reader.table(table, "", key) else {
        return default;
    };
    let at = format!("{key}.");
    reader.unknown_keys(&at, table, &LIMITS);
    let on_limit = reader.word(table, &at, "on_limit", &ON_LIMIT);
    Limits {
        on_limit: on_limit.unwrap_or(default.on_limit),
        peer: rates(reader, table, &at, "peer", default.peer),
        everyone: rates(reader, table, &at, "everyone", default.everyone),
    }
}

fn rates(reader: &mut Reader, table: &Table, at: &str, key: &str, default: Rates) -> Rates {
    let Some(table) = reader.table(table, at, key) else {
        return default;
    };
    let at = format!("{at}{key}.");
    reader.unknown_keys(&at, table, &RATES);
    Rates {
        messages: rate(reader, table, &at, "messages", 1, default.messages),
        bytes: rate(reader, table, &at, "bytes", LEAST_BYTES, default.bytes),
        signals: rate(reader, table, &at, "signals", 1, default.signals),
    }
}

fn rate(
    reader: &mut Reader,
    table: &Table,
    at: &str,
    key: &str,
    least_burst: u64,
    default: Option<Rate>,
) -> Option<Rate> {
    let Some(table) = reader.table(table, at, key) else {
        return default;
    };
    let at = format!("{at}{key}.");
    reader.unknown_keys(&at, table, &RATE);
    let burst = reader.number(table, &at, "burst", least_burst..=MAX_NUMBER);
    let per_minute = reader.number(table, &at, "per_minute", 0..=MAX_NUMBER);
    let known = table.has("per_minute");
    let per_minute = match (per_minute, default) {
        (Some(per_minute), _) => per_minute,
        (None, Some(default)) => default.per_minute,
        (None, None) if known => return None,
        (None, None) => return reader.complain(&format!("{at}per_minute"), "is missing"),
    };
    (per_minute > 0).then(|| Rate {
        per_minute,
        burst: burst.unwrap_or(per_minute.max(least_burst)),
    })
}

const DIRECTIONS: [&str; 2] = ["inbound", "outbound"];
const LIMITS: [&str; 3] = ["on_limit", "peer", "everyone"];
const RATES: [&str; 3] = ["messages", "bytes", "signals"];
const RATE: [&str; 2] = ["per_minute", "burst"];
const ON_LIMIT: [(&str, OnLimit); 2] = [("defer", OnLimit::Defer), ("reject", OnLimit::Reject)];

#[cfg(test)]
mod tests;
