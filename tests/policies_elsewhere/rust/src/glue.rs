//! Between the host's interface and the rule: converts, and decides nothing.

use std::cell::RefCell;

use crate::rule::{self, Past, Ruling};
use crate::settings::Settings;

mod host {
    wit_bindgen::generate!({ path: "wit", world: "policy" });
}

use host::opendialogue::policy::types::{
    Annotation, Direction, Hold, Kind, Note, Rejection, Verdict,
};
use host::opendialogue::policy::{log, state, time};
use host::{Decision, Description, Message, SettingError};

thread_local! {
    static SETTINGS: RefCell<Settings> = RefCell::new(Settings::default());
}

struct Policy;

host::export!(Policy with_types_in host);

impl host::Guest for Policy {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            directions: vec![Direction::Inbound],
            may_pass_on_failure: true,
            settings_schema: include_str!("settings.schema.json").to_owned(),
            notes: vec![Note {
                key: "language".to_owned(),
                value: "rust".to_owned(),
            }],
        }
    }

    fn configure(settings_json: String) -> Result<(), Vec<SettingError>> {
        let settings = Settings::from_json(&settings_json).map_err(|complaints| {
            let complaints = complaints.into_iter();
            let complaints = complaints.map(|complaint| SettingError {
                setting: complaint.setting,
                problem: complaint.problem.to_owned(),
            });
            complaints.collect::<Vec<_>>()
        })?;
        SETTINGS.replace(settings);
        Ok(())
    }

    fn evaluate(message: Message) -> Decision {
        if message.kind != Kind::Text {
            return decision(Verdict::Pass);
        }
        let peer = message.from.as_bytes();
        let past = state::get(peer).and_then(|bytes| Past::from_bytes(&bytes));
        let ruling = SETTINGS.with_borrow(|settings| {
            let past = past.unwrap_or_default();
            rule::judge(
                settings,
                &message.content,
                message.released,
                time::now(),
                past,
            )
        });
        match ruling {
            Ruling::TooLong { reason } => decision(Verdict::Reject(Rejection {
                code: "too_long".to_owned(),
                reason,
                retry_after_ms: None,
            })),
            Ruling::TooSoon { reason, until } => decision(Verdict::Hold(Hold {
                code: "too_soon".to_owned(),
                reason,
                until: Some(until),
            })),
            Ruling::GoesOn { past, covered } => {
                if let Err(why) = state::set(peer, &past.to_bytes()) {
                    let line = format!("nothing more can be remembered: {why:?}");
                    log::write(log::Level::Warn, &line);
                }
                let mut annotations = vec![annotation("texts", past.texts.to_string())];
                let verdict = match covered {
                    Some(covered) => {
                        annotations.push(annotation("covered", covered.words.join(", ")));
                        Verdict::Rewrite(covered.content)
                    }
                    None => Verdict::Pass,
                };
                Decision {
                    verdict,
                    annotations,
                }
            }
        }
    }
}

fn decision(verdict: Verdict) -> Decision {
    Decision {
        verdict,
        annotations: Vec::new(),
    }
}

fn annotation(key: &str, value: String) -> Annotation {
    Annotation {
        key: key.to_owned(),
        value,
    }
}
