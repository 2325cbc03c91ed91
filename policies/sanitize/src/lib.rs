//! The policy `sanitize`: text that a person wrote in any language comes out as it went in; what
//! hides, reorders or drives a terminal goes.
//!
//! [`settings`] reads the entry's settings, [`mod@clean`] cleans, [`words`] looks at words that
//! imitate others, and [`rule`] decides. All are pure and run anywhere.

use guest::{Complaint, Decision, Memory, Message, Policy};

use crate::settings::Settings;

pub mod clean;
pub mod rule;
pub mod settings;
pub mod words;

/// The policy.
#[derive(Debug)]
pub struct Sanitize;

impl Policy for Sanitize {
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

guest::component!(Sanitize);
