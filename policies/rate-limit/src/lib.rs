//! The policy `rate-limit`: how often a peer, and everyone together, may write.
//!
//! [`settings`] reads the entry's settings, [`rule`] decides with the buckets of [`meter`]; all of
//! it is pure and runs anywhere.

use guest::{Complaint, Decision, Memory, Message, Policy};

use crate::settings::Settings;

pub mod meter;
pub mod rule;
pub mod settings;

/// The policy.
#[derive(Debug)]
pub struct RateLimit;

impl Policy for RateLimit {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const SCHEMA: &'static str = settings::SCHEMA;

    type Settings = Settings;

    fn settings(json: &str) -> Result<Settings, Vec<Complaint>> {
        Settings::from_json(json)
    }

    fn judge(settings: &Settings, message: &Message<'_>, memory: &mut impl Memory) -> Decision {
        rule::judge(settings, message, memory).into()
    }
}

guest::component!(RateLimit);
