//! Policies by hand, in the component text format, through the doors that everybody uses.

mod failing;
mod judging;
mod loading;
mod remembering;
mod watching;

use std::path::PathBuf;
use std::sync::OnceLock;

use super::*;
use crate::types::{AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust};

const TEMPLATE: &str = include_str!("tests/guest.wat");

const DESCRIPTION: usize = 0x400;
const CONFIGURED: usize = 0x800;
const DECISION: usize = 0x1000;
/// Zeroed memory that nothing else uses.
const SCRATCH: usize = 0x8000;

/// The parts of a policy by hand; as it stands it passes everything.
pub(crate) struct Module {
    imports: String,
    data: String,
    start: &'static str,
    describe: &'static str,
    configure: &'static str,
    evaluate: String,
    evaluate_name: &'static str,
}

/// What a policy by hand says, always.
pub(crate) enum Says {
    Pass,
    Rewrite(&'static str),
    Reject(&'static str),
    Hold(&'static str, Option<u64>),
}

impl Default for Module {
    fn default() -> Self {
        Self::that_says(Says::Pass, &[])
    }
}

impl Module {
    pub(crate) fn that_says(says: Says, annotations: &[(&str, &str)]) -> Self {
        Self {
            imports: String::new(),
            data: description() + &decision(says, annotations),
            start: "",
            describe: "(i32.const 0x400)",
            configure: "(i32.const 0x800)",
            evaluate: format!("(i32.const {DECISION})"),
            evaluate_name: "evaluate",
        }
    }

    /// Does `code` before it says what it says.
    pub(crate) fn that_does(code: &str) -> Self {
        let mut module = Self::default();
        module.evaluate.insert_str(0, code);
        module
    }

    fn text(&self) -> String {
        TEMPLATE
            .replace("{imports}", &self.imports)
            .replace("{data}", &self.data)
            .replace("{start}", self.start)
            .replace("{describe}", self.describe)
            .replace("{configure}", self.configure)
            .replace("{evaluate}", &self.evaluate)
            .replace("{evaluate-name}", self.evaluate_name)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        wat::parse_str(self.text()).unwrap()
    }
}

/// A record laid out as the interface wants it, its strings behind it.
struct Layout {
    at: usize,
    bytes: Vec<u8>,
}

impl Layout {
    fn new(at: usize, size: usize) -> Self {
        Self {
            at,
            bytes: vec![0; size],
        }
    }

    fn word(&mut self, offset: usize, value: usize) {
        let value = u32::try_from(value).unwrap().to_le_bytes();
        self.bytes[offset..offset + 4].copy_from_slice(&value);
    }

    fn list(&mut self, offset: usize, items: usize, bytes: &[u8]) {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
        self.word(offset, self.at + self.bytes.len());
        self.word(offset + 4, items);
        self.bytes.extend_from_slice(bytes);
    }

    fn text(&mut self, offset: usize, text: &str) {
        self.list(offset, text.len(), text.as_bytes());
    }

    fn segment(&self) -> String {
        let bytes: String = self.bytes.iter().map(|b| format!("\\{b:02x}")).collect();
        format!("(data (i32.const {}) \"{bytes}\")\n", self.at)
    }
}

fn description() -> String {
    let mut record = Layout::new(DESCRIPTION, 44);
    record.text(0, "by-hand");
    record.text(8, "1.2.3");
    record.list(16, 2, &[0, 1]);
    record.bytes[24] = 1;
    record.text(28, "{}");
    record.segment()
}

fn decision(says: Says, annotations: &[(&str, &str)]) -> String {
    let mut record = Layout::new(DECISION, 48);
    match says {
        Says::Pass => {}
        Says::Rewrite(content) => {
            record.bytes[0] = 1;
            record.text(8, content);
        }
        Says::Reject(code) => {
            record.bytes[0] = 2;
            record.text(8, code);
            record.text(16, "for a reason");
        }
        Says::Hold(code, until) => {
            record.bytes[0] = 3;
            record.text(8, code);
            record.text(16, "for a while");
            if let Some(until) = until {
                record.bytes[24] = 1;
                record.bytes[32..40].copy_from_slice(&until.to_le_bytes());
            }
        }
    }
    record.list(40, annotations.len(), &vec![0; annotations.len() * 16]);
    let list = record.bytes.len() - annotations.len() * 16;
    for (n, (key, value)) in annotations.iter().enumerate() {
        record.text(list + n * 16, key);
        record.text(list + n * 16 + 8, value);
    }
    record.segment()
}

/// Modules in files, as a configuration names them.
struct Shelf {
    folder: tempfile::TempDir,
}

impl Shelf {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PolicySpec {
        let path: PathBuf = self.folder.path().join(format!("{name}.wasm"));
        std::fs::write(&path, bytes).unwrap();
        PolicySpec {
            module: ModuleSource::Path(path),
            ..PolicySpec::of_builtin(name)
        }
    }
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::start().unwrap())
}

fn load(specs: &[PolicySpec]) -> Chain {
    Chain::load(engine(), specs).unwrap_or_else(|failed| panic!("{failed}"))
}

/// A chain of one policy by hand.
fn chain_of(module: &Module) -> Chain {
    load(&[Shelf::new().put("one", &module.bytes())])
}

#[derive(Clone)]
struct Letter {
    direction: Direction,
    kind: Kind,
    content: String,
    id: MessageId,
    from: AgentId,
    to: AgentId,
    conversation: ConversationId,
    trust: Trust,
    time: u64,
    released_for: Vec<String>,
    annotations: Vec<Annotation>,
}

fn letter(content: &str) -> Letter {
    Letter {
        direction: Direction::Inbound,
        kind: Kind::Text,
        content: content.to_owned(),
        id: MessageId::new("m-1").unwrap(),
        from: AgentId::new("10000001").unwrap(),
        to: AgentId::new("20000002").unwrap(),
        conversation: ConversationId::new("c-1").unwrap(),
        trust: Trust::Unknown,
        time: 1_000,
        released_for: Vec::new(),
        annotations: Vec::new(),
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
            turn: None,
            content: &self.content,
            time: Timestamp::from_millis(self.time),
            released_for: &self.released_for,
            annotations: &self.annotations,
        }
    }
}

fn judge(chain: &Chain, letter: &Letter, state: &mut PolicyState) -> Ruling {
    chain.judge(letter.clone(), state).into_parts().1
}

/// What becomes of a first message.
fn outcome(chain: &Chain, letter: &Letter) -> Outcome {
    judge(chain, letter, &mut PolicyState::default()).outcome
}
