//! How long a policy takes: each text through its component many times, in turn with a policy that
//! does nothing, so that whatever slows the machine slows both and their ratio holds elsewhere.
//!
//! Every message is the policy's first: nothing is remembered from one to the next. Prints nothing
//! and does not say whether a time is good.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::chain::{Chain, Facts, Link, Post, Step, StepVerdict, Subject};
use super::engine::{Engine, Limits};
use super::guest::Guest;
use super::loader::{LoadFailed, Mode, OnFailure, PolicySpec, Problem};
use super::state::PolicyState;
use crate::clock::Stopwatch;
use crate::types::{
    AgentId, ConversationId, Digest, Direction, Kind, MessageId, Timestamp, Trust, TurnNumber,
};

mod spread;
mod text;

pub use spread::Spread;
pub use text::Text;

/// The component of `bench/no_op.wat`.
const NO_OP: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/no_op.wasm"));
/// How often a text is judged before anything is measured.
const WARM_UP: usize = 20;
/// How often an instance is started.
const STARTS: usize = 20;

/// What was measured of one policy.
#[derive(Debug)]
pub struct Measured {
    /// Its name here.
    pub name: String,
    /// Its version of itself.
    pub version: String,
    /// The digest of its module.
    pub digest: Digest,
    /// What it may use.
    pub limits: Limits,
    /// Each text, in the order in which they were given.
    pub rows: Vec<Row>,
    /// How long a fresh instance takes to start and to take its settings.
    pub start: Spread,
    /// How much memory an instance had in the end, in bytes.
    pub memory_bytes: u64,
}

/// What was measured with one text.
#[derive(Debug)]
pub struct Row {
    /// The text.
    pub text: Text,
    /// What the policy said, and how often.
    pub verdicts: BTreeMap<&'static str, usize>,
    /// How long it took.
    pub policy: Spread,
    /// How long the policy that does nothing took.
    pub no_op: Spread,
}

/// A policy could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchFailed {
    /// It does not load.
    #[error(transparent)]
    NotLoaded(#[from] LoadFailed),
    /// It fails on a message, or when it is started again.
    #[error("policy `{policy}` failed on {on}: {error}")]
    Failed {
        /// Its name.
        policy: String,
        /// What it failed on.
        on: String,
        /// How it failed.
        error: String,
    },
    /// What it is measured against does not start here.
    #[error("the policy that does nothing does not start: {0}")]
    NoOp(Problem),
}

/// Measures the policy of `spec` on each of `texts`, `runs` times.
pub fn bench(
    engine: &Engine,
    spec: &PolicySpec,
    texts: Vec<Text>,
    runs: usize,
) -> Result<Measured, BenchFailed> {
    let spec = PolicySpec {
        mode: Mode::Enforce,
        ..spec.clone()
    };
    let policy = Chain::load(engine, std::slice::from_ref(&spec))?;
    let no_op = no_op(engine).map_err(BenchFailed::NoOp)?;
    let mut rows = Vec::new();
    for text in texts {
        rows.push(measure(&policy, &no_op, text, runs)?);
    }
    let guest = &link(&policy).guest;
    let memory_bytes = guest.memory_bytes().unwrap_or_default();
    Ok(Measured {
        version: guest.description().version.clone(),
        digest: guest.digest(),
        limits: spec.limits,
        rows,
        start: starts(&spec.name, guest)?,
        memory_bytes,
        name: spec.name,
    })
}

impl Row {
    /// How many times as long this policy takes as one that does nothing.
    pub fn ratio(&self) -> f64 {
        let least = self.no_op.p50.max(Duration::from_nanos(1));
        self.policy.p50.div_duration_f64(least)
    }

    /// Which share of the time of a call ninety-nine of a hundred calls stay within.
    pub fn share(&self, limits: Limits) -> f64 {
        self.policy.p99.div_duration_f64(limits.time)
    }
}

/// A chain of the policy that does nothing.
fn no_op(engine: &Engine) -> Result<Chain, Problem> {
    let digest = Digest::of(NO_OP);
    let prepared = engine.code().prepare(engine, NO_OP, digest)?;
    let settings = Value::Object(Map::new());
    let module = (digest, prepared);
    let guest = Guest::start(engine, "no-op", module, Limits::default(), &settings)?;
    Ok(Chain::of(vec![Post::On(Box::new(Link {
        name: Arc::from("no-op"),
        guest,
        directions: vec![Direction::Inbound, Direction::Outbound],
        mode: Mode::Enforce,
        on_failure: OnFailure::Hold,
    }))]))
}

/// The only policy of `chain`, which is not off.
fn link(chain: &Chain) -> &Link {
    let mut links = chain.posts().iter().filter_map(|post| match post {
        Post::On(link) => Some(link),
        Post::Off(_) => None,
    });
    links.next().expect("the chain was built of one policy")
}

fn measure(policy: &Chain, no_op: &Chain, text: Text, runs: usize) -> Result<Row, BenchFailed> {
    let directions = &link(policy).directions;
    let mut sample = Sample::new(&text.content, directions.first().copied());
    let mut verdicts = BTreeMap::new();
    let (mut of_policy, mut of_no_op) = (Vec::new(), Vec::new());
    for run in 0..WARM_UP + runs {
        sample.number(run);
        let step = sample.judged_by(policy, &text.name)?;
        let nothing = sample.judged_by(no_op, &text.name)?;
        if run >= WARM_UP {
            *verdicts.entry(word(step.verdict)).or_default() += 1;
            of_policy.push(step.elapsed);
            of_no_op.push(nothing.elapsed);
        }
    }
    Ok(Row {
        verdicts,
        policy: Spread::of(of_policy),
        no_op: Spread::of(of_no_op),
        text,
    })
}

fn starts(name: &str, guest: &Guest) -> Result<Spread, BenchFailed> {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let watch = Stopwatch::start();
        let renewed = guest.renew();
        starts.push(watch.elapsed());
        renewed.map_err(|error| BenchFailed::Failed {
            policy: name.to_owned(),
            on: "a fresh start".to_owned(),
            error: error.to_string(),
        })?;
    }
    Ok(Spread::of(starts))
}

fn word(verdict: StepVerdict) -> &'static str {
    match verdict {
        StepVerdict::Pass => "pass",
        StepVerdict::Rewrite => "rewrite",
        StepVerdict::Reject => "reject",
        StepVerdict::Hold => "hold",
        StepVerdict::PolicyError => "policy_error",
    }
}

/// A message with the text that is measured.
struct Sample<'a> {
    content: &'a str,
    direction: Direction,
    id: MessageId,
    agents: [AgentId; 2],
    conversation: ConversationId,
}

impl<'a> Sample<'a> {
    fn new(content: &'a str, direction: Option<Direction>) -> Self {
        let agent = |id| AgentId::new(id).expect("eight digits are an agent's id");
        Self {
            content,
            direction: direction.unwrap_or(Direction::Inbound),
            id: MessageId::new("0").expect("a number is a message's id"),
            agents: ["10000001", "20000002"].map(agent),
            conversation: ConversationId::new("c-1").expect("it is made of letters and a dash"),
        }
    }

    fn number(&mut self, number: usize) {
        self.id = MessageId::new(&number.to_string()).expect("a number is a message's id");
    }

    /// What the only policy of `chain` says of it, as of a first message.
    fn judged_by(&self, chain: &Chain, on: &str) -> Result<Step, BenchFailed> {
        let (_, ruling) = chain.judge(self, &mut PolicyState::default()).into_parts();
        let step = ruling.steps.into_iter().next();
        let step = step.expect("it goes in a direction that the policy judges");
        match step.verdict {
            StepVerdict::Pass | StepVerdict::Rewrite | StepVerdict::Reject | StepVerdict::Hold => {
                Ok(step)
            }
            StepVerdict::PolicyError => Err(BenchFailed::Failed {
                policy: step.policy,
                on: on.to_owned(),
                error: step.reason.unwrap_or_default(),
            }),
        }
    }
}

impl Subject for &Sample<'_> {
    fn facts(&self) -> Facts<'_> {
        Facts {
            direction: self.direction,
            kind: Kind::Text,
            id: &self.id,
            from: &self.agents[0],
            to: &self.agents[1],
            trust: Trust::Known,
            conversation: Some(&self.conversation),
            turn: Some(TurnNumber::MIN),
            content: self.content,
            time: Timestamp::from_millis(1_800_000_000_000),
            released_for: &[],
            annotations: &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ModuleSource;
    use crate::policy::tests::Module;

    #[test]
    fn the_policy_that_does_nothing_passes_the_longest_text() {
        let engine = Engine::start().unwrap();
        let chain = no_op(&engine).unwrap();
        chain.self_test().unwrap();
        let content = "x".repeat(Text::MAX_BYTES);
        let sample = Sample::new(&content, Some(Direction::Outbound));
        for _ in 0..3 {
            let step = sample.judged_by(&chain, "it").unwrap();
            assert_eq!(step.verdict, StepVerdict::Pass);
        }
    }

    #[test]
    fn every_run_is_a_first_message_and_is_counted() {
        let engine = Engine::start().unwrap();
        // Takes 30 messages of one moment, if it remembers them.
        let mut spec = PolicySpec::of_builtin("rate-limit");
        spec.directions = vec![Direction::Outbound];
        let measured = bench(&engine, &spec, Text::standard(), 50).unwrap();
        let sizes: Vec<usize> = measured
            .rows
            .iter()
            .map(|row| row.text.content.len())
            .collect();
        assert_eq!(sizes, [100, 2_000, 2_000]);
        for row in &measured.rows {
            assert_eq!(row.verdicts, BTreeMap::from([("pass", 50)]), "{row:?}");
            assert!(row.no_op.p50 > Duration::ZERO && row.ratio() > 0.0);
        }
        assert!(measured.memory_bytes > 64 * 1024 && measured.start.p50 > Duration::ZERO);
    }

    #[test]
    fn a_policy_that_fails_is_not_measured() {
        let engine = Engine::start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traps.wasm");
        std::fs::write(&path, Module::that_does("(unreachable)").bytes()).unwrap();
        let spec = PolicySpec::new("traps", ModuleSource::Path(path));
        let failed = bench(&engine, &spec, Text::standard(), 1).unwrap_err();
        assert!(matches!(failed, BenchFailed::Failed { .. }), "{failed}");
    }
}
