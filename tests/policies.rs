//! The default policies: their own tests, and their cases once more through the components.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use opendialogue::policy::{
    Annotation, Chain, Engine, Facts, Judged, Outcome, PolicySpec, PolicyState, Subject, builtins,
};
use opendialogue::types::{
    AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust, TurnNumber,
};
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
    /// How often it is sent, each time under another id.
    #[serde(default = "once")]
    times: usize,
    direction: Option<Direction>,
    kind: Option<Kind>,
    trust: Option<Trust>,
    #[serde(default)]
    released: bool,
    id: Option<String>,
    from: Option<String>,
    to: Option<String>,
    conversation: Option<String>,
    turn: Option<TurnNumber>,
    content: Option<String>,
    received_at: Option<u64>,
    expect: String,
    code: Option<String>,
    reason: Option<String>,
    retry_after_ms: Option<u64>,
    until: Option<u64>,
    /// Where they are said, all of them: `key: value`.
    annotations: Option<Vec<String>>,
    /// Where the content is rewritten.
    becomes: Option<String>,
}

fn once() -> usize {
    1
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
    turn: Option<TurnNumber>,
    content: String,
    time: Timestamp,
    released_for: Vec<String>,
}

/// What was decided, beside what a case expects.
#[derive(Default)]
struct Said<'a> {
    word: &'static str,
    why: Option<(String, &'a String)>,
    retry_after_ms: Option<u64>,
    until: Option<u64>,
    becomes: Option<&'a String>,
}

impl Case {
    fn passes(&self, engine: &Engine, policy: &str) {
        let spec = PolicySpec {
            settings: serde_json::to_value(&self.settings).unwrap(),
            ..PolicySpec::of_builtin(policy)
        };
        let chain = Chain::load(engine, &[spec]).unwrap();
        let mut state = PolicyState::default();
        let sent = self.messages.iter();
        let sent = sent.flat_map(|sent| std::iter::repeat_n(sent, sent.times));
        for (place, sent) in sent.enumerate() {
            let at = format!("{policy}: {}, message {place}", self.name);
            let judged = chain.judge(sent.letter(policy, place), &mut state);
            sent.expects(&judged, &at);
        }
    }
}

impl Sent {
    fn expects(&self, judged: &Judged<Letter>, at: &str) {
        let said = match &judged.ruling().outcome {
            Outcome::Admitted { content } if *content == judged.message().content => Said {
                word: "pass",
                ..Said::default()
            },
            Outcome::Admitted { content } => Said {
                word: "rewrite",
                becomes: Some(content),
                ..Said::default()
            },
            Outcome::Refused(no) => Said {
                word: "reject",
                why: Some((no.code.to_string(), &no.reason)),
                retry_after_ms: no.retry_after_ms,
                ..Said::default()
            },
            // What lives for the moment is refused where it would wait, so no case holds it.
            Outcome::Held(hold) => Said {
                word: "hold",
                why: Some((hold.code.to_string(), &hold.reason)),
                until: hold.until.map(Timestamp::as_millis),
                ..Said::default()
            },
        };
        let (code, reason) = said.why.unzip();
        assert_eq!(said.word, self.expect, "{at}: {reason:?}");
        assert_eq!(code, self.code, "{at}");
        assert!(
            self.reason.is_none() || reason == self.reason.as_ref(),
            "{at}: {reason:?}"
        );
        assert_eq!(said.retry_after_ms, self.retry_after_ms, "{at}");
        assert_eq!(said.until, self.until, "{at}");
        assert_eq!(said.becomes, self.becomes.as_ref(), "{at}");
        let annotations = judged.ruling().annotations.iter();
        let annotations = annotations.map(|said| format!("{}: {}", said.key(), said.value()));
        if let Some(expected) = &self.annotations {
            assert_eq!(&annotations.collect::<Vec<_>>(), expected, "{at}");
        }
    }

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
            turn: self.turn,
            content: or(&self.content, "hello"),
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
            turn: self.turn,
            content: &self.content,
            time: self.time,
            released_for: &self.released_for,
            annotations: NONE,
        }
    }
}
