//! The policy `conversation`: turns, loops and cost.
//!
//! [`settings`] reads the entry's settings, [`rule`] decides: it counts turns by [`episode`] and
//! by [`peer`], and finds loops with [`fingerprint`] and [`loops`]. All of it is pure and runs
//! anywhere.

use guest::{Complaint, Decision, Memory, Message, Policy};

use crate::settings::Settings;

pub mod episode;
pub mod fingerprint;
pub mod loops;
pub mod peer;
pub mod rule;
pub mod settings;

/// The policy.
#[derive(Debug)]
pub struct Conversation;

impl Policy for Conversation {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const SCHEMA: &'static str = settings::SCHEMA;

    type Settings = Settings;

    fn settings(json: &str) -> Result<Settings, Vec<Complaint>> {
        Settings::from_json(json)
    }

    fn notes() -> Vec<(&'static str, String)> {
        let (major, minor, patch) = char::UNICODE_VERSION;
        vec![("unicode", format!("{major}.{minor}.{patch}"))]
    }

    fn judge(settings: &Settings, message: &Message<'_>, memory: &mut impl Memory) -> Decision {
        rule::judge(settings, message, memory)
    }
}

guest::component!(Conversation);
