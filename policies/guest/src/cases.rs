//! Runs a policy's `cases/*.toml` natively. The root package runs the same ones through the
//! component; `policies/acl/cases` shows the format.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::{Direction, Kind, Message, Policy, Remembered, Trust, Verdict};

/// Runs every case of `P`, whose package is at `package`, and panics at the first that fails.
pub fn run<P: Policy>(package: &str) {
    let mut run = 0;
    for entry in fs::read_dir(Path::new(package).join("cases")).expect("there are cases") {
        let path = entry.expect("the folder is readable").path();
        let text = fs::read_to_string(&path).expect("a case file is text");
        let file: File =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for case in &file.case {
            case.passes::<P>();
            run += 1;
        }
    }
    assert!(run > 0, "there are no cases");
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
    /// How often it is sent, each time under another id.
    #[serde(default = "once")]
    times: usize,
    direction: Option<String>,
    kind: Option<String>,
    trust: Option<String>,
    #[serde(default)]
    released: bool,
    id: Option<String>,
    from: Option<String>,
    to: Option<String>,
    conversation: Option<String>,
    turn: Option<u64>,
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

impl Case {
    fn passes<P: Policy>(&self) {
        let settings = serde_json::to_string(&self.settings).expect("a table is JSON");
        let settings = P::settings(&settings).unwrap_or_else(|no| panic!("{}: {no:?}", self.name));
        let mut memory = Remembered::default();
        let sent = self.messages.iter();
        let sent = sent.flat_map(|sent| std::iter::repeat_n(sent, sent.times));
        for (place, sent) in sent.enumerate() {
            let at = format!("{}, message {place}", self.name);
            let id = sent.id.clone().unwrap_or_else(|| place.to_string());
            let said = P::judge(&settings, &sent.message(&id), &mut memory);
            sent.expects(&said.verdict, &at);
            let annotations = said.annotations.iter();
            let annotations = annotations.map(|said| format!("{}: {}", said.key, said.value));
            if let Some(expected) = &sent.annotations {
                assert_eq!(&annotations.collect::<Vec<_>>(), expected, "{at}");
            }
        }
    }
}

impl Sent {
    fn expects(&self, verdict: &Verdict, at: &str) {
        let (why, retry_after_ms, until, becomes) = match verdict {
            Verdict::Pass => (None, None, None, None),
            Verdict::Rewrite(content) => (None, None, None, Some(content)),
            Verdict::Reject {
                code,
                reason,
                retry_after_ms,
            } => (Some((*code, reason)), *retry_after_ms, None, None),
            Verdict::Hold {
                code,
                reason,
                until,
            } => (Some((*code, reason)), None, *until, None),
        };
        assert_eq!(verdict.word(), self.expect, "{at}: {verdict:?}");
        assert_eq!(why.map(|why| why.0), self.code.as_deref(), "{at}");
        let reason = why.map(|why| why.1);
        assert!(
            self.reason.is_none() || reason == self.reason.as_ref(),
            "{at}: {reason:?}"
        );
        assert_eq!(retry_after_ms, self.retry_after_ms, "{at}: retry_after_ms");
        assert_eq!(until, self.until, "{at}: until");
        assert_eq!(becomes, self.becomes.as_ref(), "{at}");
    }

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
            turn: self.turn,
            content: self.content.as_deref().unwrap_or("hello"),
            now: self.received_at.unwrap_or(1_000),
        }
    }
}
