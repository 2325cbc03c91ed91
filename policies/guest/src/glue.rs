//! The glue between the host's interface and a rule: converts, and decides nothing.

#[global_allocator]
static HEAP: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The interface's own types and functions.
pub mod host {
    wit_bindgen::generate!({
        path: "../../wit/v0.1",
        world: "policy",
        pub_export_macro: true,
        export_macro_name: "export_policy",
        default_bindings_module: "guest::glue::host",
    });
}

use host::opendialogue::policy::{state, types};

use crate::decision::MAX_ANNOTATION_VALUE_LEN;
use crate::{Complaint, Decision, Direction, Kind, Memory, Message, Policy, Trust, Verdict};

pub fn describe<P: Policy>() -> types::Description {
    let notes = P::notes().into_iter().map(|(key, value)| types::Note {
        key: key.to_owned(),
        value,
    });
    let directions = P::DIRECTIONS.iter().map(|direction| match direction {
        Direction::Inbound => types::Direction::Inbound,
        Direction::Outbound => types::Direction::Outbound,
    });
    types::Description {
        name: P::NAME.to_owned(),
        version: P::VERSION.to_owned(),
        directions: directions.collect(),
        may_pass_on_failure: P::MAY_PASS_ON_FAILURE,
        settings_schema: P::SCHEMA.to_owned(),
        notes: notes.collect(),
    }
}

pub fn configure<P: Policy>(json: &str) -> Result<P::Settings, Vec<types::SettingError>> {
    P::settings(json).map_err(|complaints| complaints.into_iter().map(setting_error).collect())
}

pub fn evaluate<P: Policy>(settings: &P::Settings, message: &types::Message) -> types::Decision {
    let message = Message {
        direction: direction(message.direction),
        kind: kind(message.kind),
        trust: trust(message.trust),
        released: message.released,
        id: &message.id,
        from: &message.from,
        to: &message.to,
        conversation: message.conversation.as_deref(),
        turn: message.turn,
        content: &message.content,
        now: message.received_at,
    };
    said(P::judge(settings, &message, &mut HostMemory))
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

fn said(decision: Decision) -> types::Decision {
    let annotations = decision.annotations.into_iter();
    let annotations = annotations.map(|annotation| types::Annotation {
        key: annotation.key.to_owned(),
        value: fitting(annotation.value),
    });
    types::Decision {
        verdict: match decision.verdict {
            Verdict::Pass => types::Verdict::Pass,
            Verdict::Rewrite(content) => types::Verdict::Rewrite(content),
            Verdict::Reject {
                code,
                reason,
                retry_after_ms,
            } => types::Verdict::Reject(types::Rejection {
                code: code.to_owned(),
                reason,
                retry_after_ms,
            }),
            Verdict::Hold {
                code,
                reason,
                until,
            } => types::Verdict::Hold(types::Hold {
                code: code.to_owned(),
                reason,
                until,
            }),
        },
        annotations: annotations.collect(),
    }
}

/// As much of `value` as the host takes: what is too long would count as a failure of the policy.
fn fitting(mut value: String) -> String {
    let end = value.floor_char_boundary(MAX_ANNOTATION_VALUE_LEN);
    value.truncate(end);
    value
}

fn setting_error(complaint: Complaint) -> types::SettingError {
    types::SettingError {
        setting: complaint.setting,
        problem: complaint.problem,
    }
}

fn direction(direction: types::Direction) -> Direction {
    match direction {
        types::Direction::Inbound => Direction::Inbound,
        types::Direction::Outbound => Direction::Outbound,
    }
}

fn kind(kind: types::Kind) -> Kind {
    match kind {
        types::Kind::Text => Kind::Text,
        types::Kind::Typing => Kind::Typing,
        types::Kind::ReadReceipt => Kind::ReadReceipt,
        types::Kind::End => Kind::End,
    }
}

fn trust(trust: types::Trust) -> Trust {
    match trust {
        types::Trust::Blocked => Trust::Blocked,
        types::Trust::Unknown => Trust::Unknown,
        types::Trust::Known => Trust::Known,
        types::Trust::Owner => Trust::Owner,
    }
}
