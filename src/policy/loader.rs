//! From the configuration's entries to a ready chain, all or nothing.
//!
//! In two steps: [`Modules`] are read, checked and compiled, which takes long and runs nothing of
//! them; then they are started and configured, which takes no longer than their limits. No message
//! sees one of them before; everything that is wrong is said at once, each by its policy's name. A
//! digest is always that of the bytes that run.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::abi::Prepared;
use super::builtin::{builtin, builtins};
use super::chain::{Chain, Link, Post};
use super::decision::Annotation;
use super::engine::{Engine, Limits};
use super::guest::Guest;
use super::read;
use crate::types::{Digest, Direction};

mod problem;

pub use problem::{LoadError, LoadFailed, Problem, SettingProblem};

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
        Self::new(name, ModuleSource::Builtin(name.to_owned()))
    }

    /// The entry of `module` under `name`, with its defaults.
    pub fn new(name: &str, module: ModuleSource) -> Self {
        Self {
            name: name.to_owned(),
            module,
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

impl Chain {
    /// Builds the chain of `specs`, whole and ready, or says everything that is wrong.
    ///
    /// Compiles: call it where blocking for a second harms nobody.
    pub fn load(engine: &Engine, specs: &[PolicySpec]) -> Result<Chain, LoadFailed> {
        Modules::compile(engine, specs).start(engine)
    }
}

/// The modules of a chain, compiled, and none of them started.
#[derive(Debug)]
pub(crate) struct Modules(Vec<Module>);

#[derive(Debug)]
struct Module {
    spec: PolicySpec,
    /// The digest of what was read, also of what cannot be used.
    digest: Option<Digest>,
    /// None for a policy that is off.
    code: Result<Option<Arc<Prepared>>, Problem>,
}

impl Modules {
    /// Reads and compiles the modules of `specs`.
    pub(crate) fn compile(engine: &Engine, specs: &[PolicySpec]) -> Self {
        let modules = specs.iter().map(|spec| Module::compile(engine, spec));
        Self(modules.collect())
    }

    /// Which entries these are, each with the digest of its module.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&PolicySpec, Option<Digest>)> {
        self.0.iter().map(|module| (&module.spec, module.digest))
    }

    /// Starts and configures each, or says everything that is wrong.
    pub(crate) fn start(self, engine: &Engine) -> Result<Chain, LoadFailed> {
        let mut errors = names(self.0.iter().map(|module| &module.spec));
        let mut posts = Vec::new();
        for module in self.0 {
            let (policy, before) = (module.spec.name.clone(), module.spec.before.clone());
            match module.start(engine) {
                Ok(post) => posts.push((before, post)),
                Err(problem) => errors.push(LoadError { policy, problem }),
            }
        }
        if errors.is_empty() {
            return Ok(Chain::of(ordered(posts)));
        }
        Err(LoadFailed { errors })
    }
}

/// What is wrong with the names that entries have and mean.
fn names<'a>(specs: impl Iterator<Item = &'a PolicySpec> + Clone) -> Vec<LoadError> {
    let all: BTreeSet<&str> = specs.clone().map(|spec| spec.name.as_str()).collect();
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

impl Module {
    fn compile(engine: &Engine, spec: &PolicySpec) -> Self {
        let mut digest = None;
        let code = match spec.mode {
            Mode::Off => Ok(None),
            Mode::Enforce | Mode::Monitor => prepare(engine, spec, &mut digest).map(Some),
        };
        Self {
            spec: spec.clone(),
            digest,
            code,
        }
    }

    fn start(self, engine: &Engine) -> Result<Post, Problem> {
        let spec = self.spec;
        let (Some(digest), Some(code)) = (self.digest, self.code?) else {
            return Ok(Post::Off(spec.name));
        };
        let guest = Guest::start(
            engine,
            &spec.name,
            (digest, code),
            spec.limits,
            &spec.settings,
        )?;
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
        Ok(Post::On(Box::new(Link {
            name: Arc::from(spec.name.as_str()),
            guest,
            directions,
            mode: spec.mode,
            on_failure: spec.on_failure,
        })))
    }
}

/// Reads the module once: what is hashed here is what is compiled, or what was.
fn prepare(
    engine: &Engine,
    spec: &PolicySpec,
    digest: &mut Option<Digest>,
) -> Result<Arc<Prepared>, Problem> {
    let bytes = bytes(&spec.module)?;
    let found = Digest::of(&bytes);
    *digest = Some(found);
    if let Some(pinned) = spec.sha256.filter(|pinned| *pinned != found) {
        return Err(Problem::Pin { found, pinned });
    }
    engine.code().prepare(engine, &bytes, found)
}

/// The bytes of a module, read once.
pub(super) fn bytes(module: &ModuleSource) -> Result<Cow<'static, [u8]>, Problem> {
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
fn ordered(posts: Vec<(Option<String>, Post)>) -> Vec<Post> {
    let (moving, mut order): (Vec<_>, Vec<_>) =
        posts.into_iter().partition(|(before, _)| before.is_some());
    let mut waiting = moving;
    while !waiting.is_empty() {
        let still = waiting.len();
        let mut later = Vec::new();
        for (before, post) in waiting {
            let place = order
                .iter()
                .position(|(_, other)| Some(other.name()) == before.as_deref());
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
