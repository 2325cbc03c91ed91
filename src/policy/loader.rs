//! From the configuration's entries to a ready chain, all or nothing.
//!
//! Every entry is read, checked, compiled, started and configured before any message sees one of
//! them; everything that is wrong is said at once, each by its policy's name. A digest is always
//! that of the bytes that run.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::builtin::{builtin, builtins};
use super::chain::{Chain, Link, Post};
use super::decision::Annotation;
use super::engine::{Engine, Limits};
use super::guest::Guest;
use super::read::{self, ReadRefused};
use crate::types::{Digest, Direction};

/// One entry: a module and how it is run.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySpec {
    /// Its name: 1 to 64 of `a-z 0-9 - _`.
    pub name: String,
    /// Where its module comes from.
    pub module: ModuleSource,
    /// The digest of the only bytes that are taken.
    pub sha256: Option<Digest>,
    /// The directions in which it judges; none said means all that the policy has.
    pub directions: Vec<Direction>,
    /// How its verdicts are taken.
    pub mode: Mode,
    /// What becomes of a message when it fails.
    pub on_failure: OnFailure,
    /// The policy before which it stands; without one it stands where it is in the list.
    pub before: Option<String>,
    /// What it may use.
    pub limits: Limits,
    /// Its settings, an object.
    pub settings: Value,
}

/// Where a module comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleSource {
    /// A policy that comes with the program.
    Builtin(String),
    /// A file.
    Path(PathBuf),
}

/// How a policy's verdicts are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are obeyed.
    Enforce,
    /// They are told of and never obeyed.
    Monitor,
    /// It is not loaded.
    Off,
}

/// What becomes of a message when a policy fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It waits for a person, or for a chain that works.
    Hold,
    /// It is refused.
    Reject,
    /// It goes on, as if the policy had passed it; only where the policy allows that.
    Pass,
}

impl PolicySpec {
    /// The entry of the policy that comes with the program under `name`, with its defaults.
    pub fn of_builtin(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            module: ModuleSource::Builtin(name.to_owned()),
            sha256: None,
            directions: Vec::new(),
            mode: Mode::Enforce,
            on_failure: OnFailure::Hold,
            before: None,
            limits: Limits::default(),
            settings: Value::Object(serde_json::Map::new()),
        }
    }
}

/// The chain was not built. Says everything that is wrong.
#[derive(Debug)]
pub struct LoadFailed {
    /// What is wrong: with names first, then in the order of the entries.
    pub errors: Vec<LoadError>,
}

/// What is wrong with one policy.
#[derive(Debug, thiserror::Error)]
#[error("policy `{policy}`: {problem}")]
pub struct LoadError {
    /// The entry's name.
    pub policy: String,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// Why a policy cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The name could be mistaken for something else.
    #[error("a policy's name is 1 to 64 of `a-z 0-9 - _`, and not `host`")]
    Name,
    /// Two entries have this name.
    #[error("there are two of this name")]
    Twice,
    /// `before` names nobody.
    #[error("`before` names `{0}`, which is no policy of this chain")]
    Before(String),
    /// No policy of this name comes with the program.
    #[error("no policy `{name}` comes with the program; there are {there}")]
    NoBuiltin {
        /// What was asked for.
        name: String,
        /// What there is.
        there: String,
    },
    /// The file is not taken.
    #[error(transparent)]
    Read(#[from] ReadRefused),
    /// The bytes are not the pinned ones.
    #[error("its digest is {found}, the entry's `sha256` is {pinned}")]
    Pin {
        /// What was read.
        found: Digest,
        /// What the entry says.
        pinned: Digest,
    },
    /// The file has no bytes.
    #[error("its file is empty")]
    Empty,
    /// The bytes are something else.
    #[error("it is not WebAssembly")]
    NotWebAssembly,
    /// It has not been wrapped.
    #[error("it is a core module, not a component; wrap it with its interface first")]
    CoreModule,
    /// The bytes are cut off or wrong.
    #[error("it is cut short or damaged: {0}")]
    Damaged(String),
    /// It wants what the interface does not give.
    #[error("it wants what no policy gets: `{}`", .0.join("`, `"))]
    Strangers(Vec<String>),
    /// It was built for another version.
    #[error("it was built for version {wants} of the interface, this program has {have}")]
    OtherVersion {
        /// The module's.
        wants: String,
        /// Ours.
        have: &'static str,
    },
    /// A function is missing.
    #[error("it has no export `{0}`")]
    NoExport(&'static str),
    /// A function has another type.
    #[error("it does not fit the interface: {0}")]
    Unfit(String),
    /// It failed before any message.
    #[error("it failed {during}: {error}")]
    Failed {
        /// When.
        during: &'static str,
        /// How.
        error: String,
    },
    /// It refuses its settings.
    #[error("{}", list(.0))]
    Settings(Vec<SettingProblem>),
    /// It makes no sense in that direction.
    #[error("it does not judge {0} messages")]
    Direction(Direction),
    /// It may not be passed by on failure.
    #[error("`on_failure = \"pass\"` is not allowed for it")]
    MustNotPass,
}

/// A setting that a policy does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// The setting's name, with its path.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "setting `{}` {}", self.setting, self.problem)
    }
}

fn list(problems: &[SettingProblem]) -> String {
    let problems: Vec<_> = problems.iter().map(SettingProblem::to_string).collect();
    problems.join("; ")
}

impl fmt::Display for LoadFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.errors.iter().map(LoadError::to_string).collect();
        f.write_str(&errors.join("\n"))
    }
}

impl std::error::Error for LoadFailed {}

impl Chain {
    /// Builds the chain of `specs`, whole and ready, or says everything that is wrong.
    ///
    /// Compiles: call it where blocking for a second harms nobody.
    pub fn load(engine: &Engine, specs: &[PolicySpec]) -> Result<Chain, LoadFailed> {
        let mut errors = names(specs);
        let mut posts = Vec::new();
        for spec in specs {
            match post(engine, spec) {
                Ok(post) => posts.push((spec.before.as_deref(), post)),
                Err(problem) => errors.push(LoadError {
                    policy: spec.name.clone(),
                    problem,
                }),
            }
        }
        if errors.is_empty() {
            return Ok(Chain::of(ordered(posts)));
        }
        Err(LoadFailed { errors })
    }
}

/// What is wrong with the names that entries have and mean.
fn names(specs: &[PolicySpec]) -> Vec<LoadError> {
    let all: BTreeSet<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for spec in specs {
        let before = spec.before.as_deref();
        let nobody = before.filter(|name| !all.contains(name) || *name == spec.name);
        let problems = [
            (!is_name(&spec.name)).then_some(Problem::Name),
            (!seen.insert(&spec.name)).then_some(Problem::Twice),
            nobody.map(|name| Problem::Before(name.to_owned())),
        ];
        errors.extend(problems.into_iter().flatten().map(|problem| LoadError {
            policy: spec.name.clone(),
            problem,
        }));
    }
    errors
}

fn is_name(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    (1..=64).contains(&name.len()) && name.bytes().all(known) && name != Annotation::HOST
}

fn post(engine: &Engine, spec: &PolicySpec) -> Result<Post, Problem> {
    match spec.mode {
        Mode::Off => Ok(Post::Off(spec.name.clone())),
        Mode::Enforce | Mode::Monitor => link(engine, spec).map(|link| Post::On(Box::new(link))),
    }
}

fn link(engine: &Engine, spec: &PolicySpec) -> Result<Link, Problem> {
    let bytes = bytes(&spec.module)?;
    let found = Digest::of(&bytes);
    if let Some(pinned) = spec.sha256.filter(|pinned| *pinned != found) {
        return Err(Problem::Pin { found, pinned });
    }
    let guest = Guest::load(engine, &spec.name, &bytes, spec.limits, &spec.settings)?;
    let has = &guest.description().directions;
    if let Some(other) = spec.directions.iter().find(|wanted| !has.contains(wanted)) {
        return Err(Problem::Direction(*other));
    }
    if spec.on_failure == OnFailure::Pass && !guest.description().may_pass_on_failure {
        return Err(Problem::MustNotPass);
    }
    let directions = match spec.directions.as_slice() {
        [] => has.clone(),
        said => said.to_vec(),
    };
    Ok(Link {
        name: Arc::from(spec.name.as_str()),
        guest,
        directions,
        mode: spec.mode,
        on_failure: spec.on_failure,
    })
}

fn bytes(module: &ModuleSource) -> Result<Cow<'static, [u8]>, Problem> {
    match module {
        ModuleSource::Path(path) => Ok(Cow::Owned(read::module(path)?)),
        ModuleSource::Builtin(name) => match builtin(name) {
            Some(builtin) => Ok(Cow::Borrowed(builtin.bytes)),
            None => {
                let there: Vec<_> = builtins().map(|b| format!("`{}`", b.name)).collect();
                Err(Problem::NoBuiltin {
                    name: name.clone(),
                    there: there.join(", "),
                })
            }
        },
    }
}

/// Moves each entry with a `before` to where it belongs; the others keep their order.
fn ordered(posts: Vec<(Option<&str>, Post)>) -> Vec<Post> {
    let (moving, mut order): (Vec<_>, Vec<_>) =
        posts.into_iter().partition(|(before, _)| before.is_some());
    let mut waiting = moving;
    while !waiting.is_empty() {
        let still = waiting.len();
        let mut later = Vec::new();
        for (before, post) in waiting {
            let place = order
                .iter()
                .position(|(_, other)| Some(other.name()) == before);
            match place {
                Some(place) => order.insert(place, (None, post)),
                None => later.push((before, post)),
            }
        }
        waiting = later;
        // What is left names one another in a circle: it stands at the end, as if it said nothing.
        if waiting.len() == still {
            order.append(&mut waiting);
        }
    }
    order.into_iter().map(|(_, post)| post).collect()
}
