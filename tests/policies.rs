//! The default policies: their own tests, and their cases once more through the components.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use opendialogue::policy::{
    Annotation, Chain, Engine, Facts, Outcome, PolicySpec, PolicyState, Subject, builtins,
};
use opendialogue::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};
use serde::Deserialize;

#[test]
fn the_policies_own_tests_pass() {
    let manifest = policies().join("Cargo.toml");
    let run = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--locked", "--manifest-path"])
        .arg(manifest)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn every_case_passes_through_its_component() {
    let engine = Engine::start().unwrap();
    for builtin in builtins() {
        let mut run = 0;
        for file in fs::read_dir(policies().join(builtin.name).join("cases")).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let file: CaseFile = toml::from_str(&text).unwrap();
            for case in file.case {
                case.passes(&engine, builtin.name);
                run += 1;
            }
        }
        assert!(run > 0, "`{}` has no cases", builtin.name);
    }
}

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
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
    direction: Option<Direction>,
    kind: Option<Kind>,
    trust: Option<Trust>,
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

/// A message of a case, with what it does not say filled in.
struct Letter {
    direction: Direction,
    kind: Kind,
    trust: Trust,
    id: MessageId,
    from: AgentId,
    to: AgentId,
    conversation: ConversationId,
    time: Timestamp,
    released_for: Vec<String>,
}

impl Case {
    fn passes(&self, engine: &Engine, policy: &str) {
        let spec = PolicySpec {
            settings: serde_json::to_value(&self.settings).unwrap(),
            ..PolicySpec::of_builtin(policy)
        };
        let chain = Chain::load(engine, &[spec]).unwrap();
        let mut state = PolicyState::default();
        for (place, sent) in self.messages.iter().enumerate() {
            let at = format!("{policy}: {}, message {place}", self.name);
            let judged = chain.judge(sent.letter(policy, place), &mut state);
            let (_, ruling) = judged.into_parts();
            let (word, code, reason) = match ruling.outcome {
                Outcome::Admitted { .. } => ("pass", None, None),
                Outcome::Refused(no) => ("reject", Some(no.code), Some(no.reason)),
                // What lives for the moment is refused where it would wait, so no case holds it.
                Outcome::Held(hold) => ("hold", Some(hold.code), Some(hold.reason)),
            };
            assert_eq!(word, sent.expect, "{at}");
            let code = code.map(|code| code.to_string());
            assert_eq!(code, sent.code, "{at}");
            assert!(
                sent.reason.is_none() || reason == sent.reason,
                "{at}: {reason:?}"
            );
        }
    }
}

impl Sent {
    fn letter(&self, policy: &str, place: usize) -> Letter {
        let or = |said: &Option<String>, default: &str| match said {
            Some(text) => text.clone(),
            None => default.to_owned(),
        };
        let released_for = match self.released {
            true => vec![policy.to_owned()],
            false => Vec::new(),
        };
        Letter {
            direction: self.direction.unwrap_or(Direction::Inbound),
            kind: self.kind.unwrap_or(Kind::Text),
            trust: self.trust.unwrap_or(Trust::Unknown),
            id: MessageId::new(&or(&self.id, &place.to_string())).unwrap(),
            from: AgentId::new(&or(&self.from, "10000001")).unwrap(),
            to: AgentId::new(&or(&self.to, "20000002")).unwrap(),
            conversation: ConversationId::new(&or(&self.conversation, "c-1")).unwrap(),
            time: Timestamp::from_millis(self.received_at.unwrap_or(1_000)),
            released_for,
        }
    }
}

impl Subject for Letter {
    fn facts(&self) -> Facts<'_> {
        const NONE: &[Annotation] = &[];
        Facts {
            direction: self.direction,
            kind: self.kind,
            id: &self.id,
            from: &self.from,
            to: &self.to,
            trust: self.trust,
            conversation: Some(&self.conversation),
            turn: None,
            content: "hello",
            time: self.time,
            released_for: &self.released_for,
            annotations: NONE,
        }
    }
}
