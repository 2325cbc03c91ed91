//! The policy `acl`: who may talk to this agent, and whom it may talk to.
//!
//! [`settings`] reads the entry's settings, [`rule`] decides; both are pure and run anywhere.

use guest::{Complaint, Decision, Memory, Message, Policy};

use crate::settings::Settings;

pub mod rule;
pub mod settings;

/// The policy.
#[derive(Debug)]
pub struct Acl;

impl Policy for Acl {
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

guest::component!(Acl);
