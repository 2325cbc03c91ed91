//! A policy that lets everything pass: what the host and the interface alone cost. With its one
//! setting it never answers at all.

use guest::settings::read;
use guest::{Complaint, Decision, Memory, Message, Policy, Verdict};

struct Noop;

impl Policy for Noop {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const SCHEMA: &'static str = r#"{
        "type": "object",
        "additionalProperties": false,
        "properties": { "endless": { "const": true } }
    }"#;

    /// Whether it never answers.
    type Settings = bool;

    fn settings(json: &str) -> Result<bool, Vec<Complaint>> {
        read(json, |reader, table| {
            reader.unknown_keys("", table, &["endless"]);
            Some(table.has("endless"))
        })
    }

    fn judge(endless: &bool, _: &Message<'_>, _: &mut impl Memory) -> Decision {
        while *endless {
            std::hint::black_box(endless);
        }
        Verdict::Pass.into()
    }
}

guest::component!(Noop);
