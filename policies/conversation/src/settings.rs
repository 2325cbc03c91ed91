//! The settings: from the entry's JSON to checked limits, every complaint with its setting's name.
//!
//! `settings.schema.json` says the same for people and tools; the tests hold the two together.

use guest::Complaint;
use guest::settings::{Reader, Table, read};

/// The JSON Schema of the settings.
pub const SCHEMA: &str = guest::schema!("settings.schema.json");

/// The most turns that a setting may say.
const MOST_TURNS: u64 = 1_000_000;
/// The most new conversations: each of the last hour is remembered.
const MOST_NEW: u64 = 60;

/// The settings of one entry. A limit that is absent is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Turns of one episode of a conversation, both directions together.
    pub max_turns: Option<u64>,
    /// Turns with one peer in a day, all conversations together.
    pub max_turns_per_peer_day: Option<u64>,
    /// New conversations with one peer in an hour.
    pub max_new_conversations: Option<u64>,
    /// What becomes of a message that completes a loop.
    pub loops: Loops,
}

/// What becomes of a message that completes a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loops {
    /// It is refused, and so is the rest of the episode.
    Reject,
    /// It is said, and nothing else.
    Annotate,
    /// Nobody looks.
    Off,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_turns: Some(20),
            max_turns_per_peer_day: Some(200),
            max_new_conversations: Some(5),
            loops: Loops::Reject,
        }
    }
}

impl Settings {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, Vec<Complaint>> {
        let default = Self::default();
        read(text, |reader, table| {
            reader.unknown_keys("", table, &KEYS);
            let [turns, a_day, new, loops] = KEYS;
            Some(Self {
                max_turns: limit(reader, table, turns, MOST_TURNS, default.max_turns),
                max_turns_per_peer_day: limit(
                    reader,
                    table,
                    a_day,
                    MOST_TURNS,
                    default.max_turns_per_peer_day,
                ),
                max_new_conversations: limit(
                    reader,
                    table,
                    new,
                    MOST_NEW,
                    default.max_new_conversations,
                ),
                loops: reader
                    .word(table, "", loops, &LOOPS)
                    .unwrap_or(default.loops),
            })
        })
    }
}

/// A limit; 0 is none.
fn limit(
    reader: &mut Reader,
    table: &Table,
    key: &str,
    most: u64,
    default: Option<u64>,
) -> Option<u64> {
    match reader.number(table, "", key, 0..=most) {
        Some(0) => None,
        Some(limit) => Some(limit),
        None => default,
    }
}

const KEYS: [&str; 4] = [
    "max_turns",
    "max_turns_per_peer_day",
    "max_new_conversations",
    "loops",
];
const LOOPS: [(&str, Loops); 3] = [
    ("reject", Loops::Reject),
    ("annotate", Loops::Annotate),
    ("off", Loops::Off),
];

#[cfg(test)]
mod tests;
