//! Cases of a policy, as an author writes them in TOML: parsed, run through the component, and told
//! by what differs.
//!
//! A file is a list of `[[case]]`, each with settings and the messages that come one after another;
//! they share what the policy remembers. What a message does not say is filled in by
//! `Sent::letter`. Reads no file and prints nothing.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::chain::{Chain, Facts, Outcome, Ruling, Subject};
use super::engine::Engine;
use super::loader::{LoadFailed, PolicySpec};
use super::state::PolicyState;
use crate::types::{
    AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust, TurnNumber,
};

mod differ;

pub use differ::Difference;

/// One case: settings, and messages in their order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    #[serde(default)]
    settings: toml::Table,
    messages: Vec<Sent>,
}

/// A message of a case that was judged otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Miss {
    /// Its place in the case, from 0; each repetition counts.
    pub message: usize,
    /// What differs; never empty.
    pub differences: Vec<Difference>,
}

/// Reads the cases of one file.
pub fn parse(text: &str) -> Result<Vec<Case>, toml::de::Error> {
    let file: File = toml::from_str(text)?;
    Ok(file.case)
}

/// Runs cases through one module.
#[derive(Debug)]
pub struct Runner<'a> {
    engine: &'a Engine,
    spec: PolicySpec,
    /// Keeps the compiled module for the next case.
    last: Chain,
}

impl<'a> Runner<'a> {
    /// Runs cases through the module of `spec`, each with settings of its own.
    pub fn new(engine: &'a Engine, spec: PolicySpec) -> Self {
        Self {
            engine,
            spec,
            last: Chain::empty(),
        }
    }

    /// Sends the messages of `case` through a fresh instance, and tells which were judged otherwise.
    pub fn run(&mut self, case: &Case) -> Result<Vec<Miss>, LoadFailed> {
        self.spec.settings = json(&toml::Value::Table(case.settings.clone()));
        let spec = std::slice::from_ref(&self.spec);
        self.last = Chain::load(self.engine, spec)?;
        let mut state = PolicyState::default();
        let sent = case.messages.iter();
        let sent = sent.flat_map(|sent| std::iter::repeat_n(sent, sent.times));
        let missed = sent.enumerate().filter_map(|(message, sent)| {
            let letter = sent.letter(&self.spec.name, message);
            let judged = self.last.judge(letter, &mut state);
            let (letter, ruling) = judged.into_parts();
            let differences = sent.differences(&letter, &ruling);
            (!differences.is_empty()).then_some(Miss {
                message,
                differences,
            })
        });
        Ok(missed.collect())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// A message as a case writes it, with what is expected of it.
#[derive(Debug, Deserialize)]
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
    id: Option<MessageId>,
    from: Option<AgentId>,
    to: Option<AgentId>,
    conversation: Option<ConversationId>,
    turn: Option<TurnNumber>,
    content: Option<String>,
    received_at: Option<u64>,
    expect: Word,
    code: Option<String>,
    /// Compared where it is said, as the next two.
    reason: Option<String>,
    /// All of them: `key: value`.
    annotations: Option<Vec<String>>,
    becomes: Option<String>,
    retry_after_ms: Option<u64>,
    until: Option<u64>,
}

/// What a case may expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Pass,
    Rewrite,
    Reject,
    Hold,
}

impl Word {
    fn as_str(self) -> &'static str {
        match self {
            Word::Pass => "pass",
            Word::Rewrite => "rewrite",
            Word::Reject => "reject",
            Word::Hold => "hold",
        }
    }
}

fn once() -> usize {
    1
}

/// A message of a case, with what it does not say filled in.
#[derive(Debug)]
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

impl Sent {
    fn letter(&self, policy: &str, place: usize) -> Letter {
        let agent = |said: &Option<AgentId>, default: &str| {
            let default = || AgentId::new(default).expect("eight digits are an agent's id");
            said.clone().unwrap_or_else(default)
        };
        let place = || MessageId::new(&place.to_string()).expect("a number is a message's id");
        let conversation = || ConversationId::new("c-1").expect("it is made of letters and a dash");
        let direction = self.direction.unwrap_or(Direction::Inbound);
        let (from, to) = match direction {
            Direction::Inbound => ("10000001", "20000002"),
            Direction::Outbound => ("20000002", "10000001"),
        };
        Letter {
            direction,
            kind: self.kind.unwrap_or(Kind::Text),
            trust: self.trust.unwrap_or(Trust::Unknown),
            id: self.id.clone().unwrap_or_else(place),
            from: agent(&self.from, from),
            to: agent(&self.to, to),
            conversation: self.conversation.clone().unwrap_or_else(conversation),
            turn: self.turn,
            content: self.content.clone().unwrap_or_else(|| "hello".to_owned()),
            time: Timestamp::from_millis(self.received_at.unwrap_or(1_000)),
            released_for: match self.released {
                true => vec![policy.to_owned()],
                false => Vec::new(),
            },
        }
    }

    fn differences(&self, letter: &Letter, ruling: &Ruling) -> Vec<Difference> {
        let said = Said::of(letter, ruling);
        let annotations = ruling.annotations.iter();
        let annotations = annotations.map(|one| format!("{}: {}", one.key(), one.value()));
        let annotations: Vec<String> = annotations.collect();
        let found = [
            differ::always(
                "verdict",
                Some(self.expect.as_str()),
                Some(said.word.as_str()),
            ),
            differ::always("code", self.code.as_deref(), said.code),
            differ::where_said("reason", self.reason.as_deref(), said.reason),
            differ::always("content", self.becomes.as_deref(), said.becomes),
            differ::always("retry_after_ms", self.retry_after_ms, said.retry_after_ms),
            differ::always("until", self.until, said.until),
            differ::where_said(
                "annotations",
                self.annotations.as_ref().map(|lines| lines.join("\n")),
                Some(annotations.join("\n")),
            ),
        ];
        let mut found: Vec<Difference> = found.into_iter().flatten().collect();
        // A verdict that nobody expected is explained by its reason.
        if said.word != self.expect
            && self.reason.is_none()
            && let Some(reason) = said.reason
        {
            found.push(Difference::unasked("reason", reason));
        }
        found
    }
}

/// What was decided, in the words of a case.
#[derive(Debug, Clone, Copy)]
struct Said<'a> {
    word: Word,
    code: Option<&'a str>,
    reason: Option<&'a str>,
    becomes: Option<&'a str>,
    retry_after_ms: Option<u64>,
    until: Option<u64>,
}

impl<'a> Said<'a> {
    fn of(letter: &Letter, ruling: &'a Ruling) -> Self {
        let plain = Self {
            word: Word::Pass,
            code: None,
            reason: None,
            becomes: None,
            retry_after_ms: None,
            until: None,
        };
        match &ruling.outcome {
            Outcome::Admitted { content } if *content == letter.content => plain,
            Outcome::Admitted { content } => Self {
                word: Word::Rewrite,
                becomes: Some(content),
                ..plain
            },
            Outcome::Refused(no) => Self {
                word: Word::Reject,
                code: Some(no.code.as_str()),
                reason: Some(&no.reason),
                retry_after_ms: no.retry_after_ms,
                ..plain
            },
            Outcome::Held(hold) => Self {
                word: Word::Hold,
                code: Some(hold.code.as_str()),
                reason: Some(&hold.reason),
                until: hold.until.map(Timestamp::as_millis),
                ..plain
            },
        }
    }
}

impl Subject for Letter {
    fn facts(&self) -> Facts<'_> {
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
            annotations: &[],
        }
    }
}

/// Settings as the configuration would hand them over.
fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(value) => Value::from(*value),
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => {
            let pairs = table.iter().map(|(key, value)| (key.clone(), json(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_a_case_is_told_and_what_agrees_is_not() {
        let text = r#"
            [[case]]
            name = "a stranger waits"
            settings = { mode = "pairing" }
            messages = [
                { expect = "hold", code = "contact_request" },
                { times = 2, expect = "pass" },
                { trust = "known", expect = "rewrite", becomes = "hello there" },
            ]
        "#;
        let engine = Engine::start().unwrap();
        let cases = parse(text).unwrap();
        let mut runner = Runner::new(&engine, PolicySpec::of_builtin("acl"));
        let missed = runner.run(&cases[0]).unwrap();
        let shown: Vec<String> = missed
            .iter()
            .flat_map(|miss| {
                let told = miss.differences.iter();
                told.map(|one| {
                    let side = |side: &Option<String>| side.clone().unwrap_or_default();
                    let (expected, got) = (side(&one.expected), side(&one.got));
                    format!("{} {}: {expected} / {got}", miss.message, one.what)
                })
            })
            .collect();
        let waits = "the peer's contact request waits to be answered";
        let mut expected = Vec::new();
        for message in [1, 2] {
            expected.push(format!("{message} verdict: pass / reject"));
            expected.push(format!("{message} code:  / not_accepted"));
            expected.push(format!("{message} reason:  / {waits}"));
        }
        expected.push("3 verdict: rewrite / pass".to_owned());
        expected.push("3 content: hello there / ".to_owned());
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_case_that_says_something_unknown_is_refused_with_its_line() {
        for (line, word) in [
            ("{ expect = \"pas\" }", "pas"),
            ("{ expects = \"pass\" }", "expects"),
            ("{ expect = \"pass\", from = \"a b\" }", "from"),
            ("{ }", "expect"),
        ] {
            let text = format!("[[case]]\nname = \"x\"\nmessages = [{line}]\n");
            let refused = parse(&text).unwrap_err().to_string();
            assert!(
                refused.contains("line 3") && refused.contains(word),
                "{refused}"
            );
        }
    }
}
