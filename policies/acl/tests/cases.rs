//! The cases in `cases/`, run natively. The root package runs the same ones through the component.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use acl::rule::{self, Direction, Kind, Memory, Message, Trust, Verdict};
use acl::settings::Settings;
use serde::Deserialize;

#[test]
fn every_case_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut run = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file: File = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in &file.case {
            passes(case);
            run += 1;
        }
    }
    assert!(run > 0);
}

fn passes(case: &Case) {
    let settings = serde_json::to_string(&case.settings).unwrap();
    let settings = Settings::from_json(&settings).unwrap();
    let mut memory = Remembered::default();
    for (place, sent) in case.messages.iter().enumerate() {
        let id = sent.id.clone().unwrap_or_else(|| place.to_string());
        let said = rule::judge(&settings, &sent.message(&id), &mut memory);
        let (word, code, reason) = match &said {
            Verdict::Pass => ("pass", None, None),
            Verdict::Reject { reason } => ("reject", Some(rule::NOT_ACCEPTED), Some(reason)),
            Verdict::Hold { code, reason } => ("hold", Some(*code), Some(reason)),
        };
        let at = format!("{}, message {place}", case.name);
        assert_eq!(word, sent.expect, "{at}");
        assert_eq!(code, sent.code.as_deref(), "{at}");
        assert!(
            sent.reason.is_none() || reason == sent.reason.as_ref(),
            "{at}: {reason:?}"
        );
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    settings: toml::Table,
    messages: Vec<Sent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    direction: Option<String>,
    kind: Option<String>,
    trust: Option<String>,
    #[serde(default)]
    released: bool,
    id: Option<String>,
    from: Option<String>,
    to: Option<String>,
    conversation: Option<String>,
    received_at: Option<u64>,
    expect: String,
    code: Option<String>,
    reason: Option<String>,
}

impl Sent {
    fn message<'a>(&'a self, id: &'a str) -> Message<'a> {
        Message {
            direction: match self.direction.as_deref() {
                None | Some("inbound") => Direction::Inbound,
                Some("outbound") => Direction::Outbound,
                Some(other) => panic!("no direction: {other}"),
            },
            kind: match self.kind.as_deref() {
                None | Some("text") => Kind::Text,
                Some("typing") => Kind::Typing,
                Some("read_receipt") => Kind::ReadReceipt,
                Some("end") => Kind::End,
                Some(other) => panic!("no kind: {other}"),
            },
            trust: match self.trust.as_deref() {
                None | Some("unknown") => Trust::Unknown,
                Some("blocked") => Trust::Blocked,
                Some("known") => Trust::Known,
                Some("owner") => Trust::Owner,
                Some(other) => panic!("no trust: {other}"),
            },
            released: self.released,
            id,
            from: self.from.as_deref().unwrap_or("10000001"),
            to: self.to.as_deref().unwrap_or("20000002"),
            conversation: self.conversation.as_deref().or(Some("c-1")),
            now: self.received_at.unwrap_or(1_000),
        }
    }
}

#[derive(Default)]
struct Remembered(BTreeMap<Vec<u8>, Vec<u8>>);

impl Memory for Remembered {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }
    fn set(&mut self, key: &[u8], value: &[u8]) -> bool {
        self.0.insert(key.to_vec(), value.to_vec());
        true
    }
    fn delete(&mut self, key: &[u8]) {
        self.0.remove(key);
    }
}
