//! The policy `secrets`: keeps keys, tokens and passwords from going out with a text.
//!
//! [`view`] is the text as it is searched, [`mod@find`] knows what secrets look like, [`own`] knows
//! some by their fingerprints, [`settings`] reads the entry's settings, and [`rule`] decides. All are
//! pure and run anywhere. Nothing that was found is ever repeated: a finding is a name and a place.

use guest::{Complaint, Decision, Direction, Memory, Message, Policy};

use crate::settings::Settings;

pub mod bytes;
pub mod detector;
pub mod find;
pub mod own;
pub mod rule;
pub mod settings;
pub mod view;

/// The policy.
#[derive(Debug)]
pub struct Secrets;

impl Policy for Secrets {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DIRECTIONS: &'static [Direction] = &[Direction::Outbound];
    const SCHEMA: &'static str = settings::SCHEMA;

    type Settings = Settings;

    fn settings(json: &str) -> Result<Settings, Vec<Complaint>> {
        Settings::from_json(json)
    }

    fn judge(settings: &Settings, message: &Message<'_>, _: &mut impl Memory) -> Decision {
        rule::judge(settings, message)
    }
}

guest::component!(Secrets);
