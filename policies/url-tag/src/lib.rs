//! The policy `url-tag`: finds the URLs of a text, says what they are, and disarms the dangerous
//! ones. Never fetches, never resolves a name.
//!
//! [`mod@find`] finds, [`explain`] says what a URL is, [`context`] where it stands, [`defang`]
//! disarms, [`settings`] reads the entry's settings, and [`rule`] decides. All are pure and run
//! anywhere.
//!
//! A character is looked for among bytes, not by `str::contains`, which would bring the search for
//! whole words along, three thousand bytes of code.

use guest::{Complaint, Decision, Memory, Message, Policy};

use crate::settings::Settings;

#[cfg(test)]
mod adversarial;
pub mod context;
pub mod defang;
pub mod explain;
pub mod find;
pub mod rule;
pub mod settings;

/// The policy.
#[derive(Debug)]
pub struct UrlTag;

impl Policy for UrlTag {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const SCHEMA: &'static str = settings::SCHEMA;

    type Settings = Settings;

    fn settings(json: &str) -> Result<Settings, Vec<Complaint>> {
        Settings::from_json(json)
    }

    fn notes() -> Vec<(&'static str, String)> {
        vec![("unicode", unicode::VERSION.to_owned())]
    }

    fn judge(settings: &Settings, message: &Message<'_>, _: &mut impl Memory) -> Decision {
        rule::judge(settings, message)
    }
}

guest::component!(UrlTag);
