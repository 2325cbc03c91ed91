//! The settings: from the entry's JSON to checked values, every complaint with its setting's name.
//!
//! `settings.schema.json` says the same for people and tools; a test holds the two together.

use guest::Complaint;
use guest::settings::{Reader, Table, read};

use crate::explain::Flags;
use crate::explain::flag::{FLAGS, Flag};

mod domain;

pub use domain::Domain;

/// The JSON Schema of the settings.
pub const SCHEMA: &str = guest::schema!("settings.schema.json");

/// The most domains in a list.
const MAX_DOMAINS: usize = 1_000;

/// The settings of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What is done for each flag, in the order of the flags.
    pub actions: [Action; FLAGS.len()],
    /// Domains whose URLs are only tagged.
    pub allowed: Vec<Domain>,
    /// Domains whose URLs carry the flag `denied`.
    pub denied: Vec<Domain>,
    /// How many URLs are described.
    pub max_urls: usize,
    /// The longest URL that is explained, in bytes.
    pub max_url_length: usize,
}

/// What is done, the stricter the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is said.
    Tag,
    /// The URL is disarmed.
    Defang,
    /// The message waits for a person.
    Hold,
    /// The message goes no further.
    Reject,
}

impl Default for Settings {
    fn default() -> Self {
        let mut actions = [Action::Tag; FLAGS.len()];
        for flag in [
            Flag::DangerousScheme,
            Flag::Private,
            Flag::RemoteImage,
            Flag::TooLong,
            Flag::Denied,
        ] {
            actions[flag as usize] = Action::Defang;
        }
        Self {
            actions,
            allowed: Vec::new(),
            denied: Vec::new(),
            max_urls: 20,
            max_url_length: 2_048,
        }
    }
}

impl Settings {
    /// Reads the settings, or says everything that is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, Vec<Complaint>> {
        read(text, |reader, table| {
            reader.unknown_keys("", table, &KEYS);
            let mut settings = Self::default();
            settings.read_actions(reader, table);
            settings.allowed = domains(reader, table, "allow_domains");
            settings.denied = domains(reader, table, "deny_domains");
            // With a summary, no more than the host takes of one policy.
            if let Some(most) = reader.number(table, "", "max_urls", 1..=30) {
                settings.max_urls = most as usize;
            }
            if let Some(longest) = reader.number(table, "", "max_url_length", 64..=8_192) {
                settings.max_url_length = longest as usize;
            }
            Some(settings)
        })
    }

    /// The strictest action for any of `flags`, with the flag that asks for it.
    pub fn action(&self, flags: Flags) -> (Action, Option<&'static str>) {
        let mut strictest = (Action::Tag, None);
        for (name, flag) in flags.named() {
            let action = self.actions[flag as usize];
            if action > strictest.0 {
                strictest = (action, Some(name));
            }
        }
        strictest
    }

    fn read_actions(&mut self, reader: &mut Reader, table: &Table) {
        let Some(actions) = reader.table(table, "", "action") else {
            return;
        };
        reader.unknown_keys("action.", actions, &FLAGS.map(|(name, _)| name));
        for (name, flag) in FLAGS {
            if let Some(action) = reader.word(actions, "action.", name, &ACTIONS) {
                self.actions[flag as usize] = action;
            }
        }
    }
}

fn domains(reader: &mut Reader, table: &Table, setting: &str) -> Vec<Domain> {
    let list = reader.list(table, "", setting, MAX_DOMAINS, "domains");
    let mut domains = Vec::new();
    for (index, value) in list.unwrap_or_default().iter().enumerate() {
        match value.as_str().and_then(Domain::new) {
            Some(domain) => domains.push(domain),
            None => {
                let problem = "must be the name of a host, without scheme, port or path";
                reader.complain::<()>(&format!("{setting}[{index}]"), problem);
            }
        }
    }
    domains
}

const KEYS: [&str; 5] = [
    "action",
    "allow_domains",
    "deny_domains",
    "max_urls",
    "max_url_length",
];
const ACTIONS: [(&str, Action); 4] = [
    ("tag", Action::Tag),
    ("defang", Action::Defang),
    ("hold", Action::Hold),
    ("reject", Action::Reject),
];

#[cfg(test)]
mod tests;
