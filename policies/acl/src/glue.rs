//! The glue between the host's interface and the rule: converts, and decides nothing.

use std::cell::RefCell;

use crate::rule::{self, Memory, Verdict};
use crate::settings::{self, Settings};

mod host {
    wit_bindgen::generate!({ path: "../../wit/v0.1", world: "policy" });
}

use host::opendialogue::policy::types::{Direction, Hold, Kind, Rejection, Trust};
use host::opendialogue::policy::{state, types};
use host::{Decision, Description, Message, SettingError};

thread_local! {
    static SETTINGS: RefCell<Settings> = RefCell::new(Settings::default());
}

struct Acl;

host::export!(Acl with_types_in host);

impl host::Guest for Acl {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            directions: vec![Direction::Inbound, Direction::Outbound],
            may_pass_on_failure: false,
            settings_schema: settings::SCHEMA.to_owned(),
            notes: Vec::new(),
        }
    }

    fn configure(settings_json: String) -> Result<(), Vec<SettingError>> {
        let settings = Settings::from_json(&settings_json).map_err(|complaints| {
            let complaints = complaints.into_iter();
            let complaints = complaints.map(|complaint| SettingError {
                setting: complaint.setting,
                problem: complaint.problem,
            });
            complaints.collect::<Vec<_>>()
        })?;
        SETTINGS.replace(settings);
        Ok(())
    }

    fn evaluate(message: Message) -> Decision {
        let verdict = SETTINGS.with_borrow(|settings| {
            let message = rule::Message {
                direction: direction(message.direction),
                kind: kind(message.kind),
                trust: trust(message.trust),
                released: message.released,
                id: &message.id,
                from: &message.from,
                to: &message.to,
                conversation: message.conversation.as_deref(),
                now: message.received_at,
            };
            rule::judge(settings, &message, &mut HostMemory)
        });
        Decision {
            verdict: said(verdict),
            annotations: Vec::new(),
        }
    }
}

struct HostMemory;

impl Memory for HostMemory {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        state::get(key)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> bool {
        state::set(key, value).is_ok()
    }

    fn delete(&mut self, key: &[u8]) {
        state::delete(key);
    }
}

fn said(verdict: Verdict) -> types::Verdict {
    match verdict {
        Verdict::Pass => types::Verdict::Pass,
        Verdict::Reject { reason } => types::Verdict::Reject(Rejection {
            code: rule::NOT_ACCEPTED.to_owned(),
            reason,
            retry_after_ms: None,
        }),
        Verdict::Hold { code, reason } => types::Verdict::Hold(Hold {
            code: code.to_owned(),
            reason,
            until: None,
        }),
    }
}

fn direction(direction: Direction) -> rule::Direction {
    match direction {
        Direction::Inbound => rule::Direction::Inbound,
        Direction::Outbound => rule::Direction::Outbound,
    }
}

fn kind(kind: Kind) -> rule::Kind {
    match kind {
        Kind::Text => rule::Kind::Text,
        Kind::Typing => rule::Kind::Typing,
        Kind::ReadReceipt => rule::Kind::ReadReceipt,
        Kind::End => rule::Kind::End,
    }
}

fn trust(trust: Trust) -> rule::Trust {
    match trust {
        Trust::Blocked => rule::Trust::Blocked,
        Trust::Unknown => rule::Trust::Unknown,
        Trust::Known => rule::Trust::Known,
        Trust::Owner => rule::Trust::Owner,
    }
}
