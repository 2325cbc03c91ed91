//! The interface's versions, each in a file of its own that converts to our types at once.
//!
//! Picks the version that a component was built for and refuses what asks for anything that the
//! interface does not give, by name. Generated types never leave this folder.

mod host;
mod journal;
mod surface;
mod v0_1;

use std::sync::Arc;

use wasmtime::Trap;
use wasmtime::component::Component;
use wasmtime::component::types::{ComponentExtern, ComponentItem};

use super::chain::Facts;
use super::decision::{Annotation, Decision, Nonsense, visible};
use super::engine::{Engine, Limits};
use super::guest::Description;
use super::loader::{Problem, SettingProblem};
use crate::clock::ProcessorTime;
pub(crate) use host::{Memory, Wrote};
pub(crate) use journal::Journal;
pub(crate) use surface::surface;

const PACKAGE: &str = "opendialogue:policy/";

/// A component that is known to fit, ready to be started any number of times.
pub(crate) enum Prepared {
    V0_1(v0_1::Prepared),
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prepared")
    }
}

/// One running instance of a policy.
pub(crate) enum Instance {
    V0_1(v0_1::Instance),
}

/// A call of a guest failed. The instance is not to be called again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallFailed {
    #[error("it took longer than {} ms", .0.as_millis())]
    Deadline(std::time::Duration),
    #[error("it wants more memory than the {0} bytes of its limit")]
    Memory(u64),
    #[error("{0}")]
    Trap(String),
    #[error("its answer breaks the interface: {0}")]
    Nonsense(#[from] Nonsense),
    #[error(
        "it failed {0} times in a row; it is asked once a minute until it answers or is loaded again"
    )]
    NotEntered(u32),
}

/// What a guest is called with, beside what the host says of the message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) facts: &'a Facts<'a>,
    /// As the policies before this one left it.
    pub(crate) content: &'a str,
    /// The host's and those of the policies before this one.
    pub(crate) annotations: &'a [Annotation],
    /// Whether this policy's hold was answered.
    pub(crate) released: bool,
    /// This thread's processor time, as it was a moment ago.
    pub(crate) processor: ProcessorTime,
}

impl Prepared {
    /// Checks that `component` asks for nothing but the interface and gives all of it, without
    /// running any of it.
    pub(crate) fn new(engine: &Engine, component: &Component) -> Result<Self, Problem> {
        check_imports(engine, component)?;
        check_exports(engine, component)?;
        v0_1::Prepared::new(engine, component).map(Prepared::V0_1)
    }

    /// Starts an instance, which still has to be configured.
    pub(crate) fn start(
        &self,
        engine: &Engine,
        journal: Arc<Journal>,
        limits: Limits,
    ) -> Result<Instance, CallFailed> {
        match self {
            Prepared::V0_1(prepared) => prepared.start(engine, journal, limits).map(Instance::V0_1),
        }
    }
}

impl Instance {
    pub(crate) fn describe(&mut self) -> Result<Description, CallFailed> {
        match self {
            Instance::V0_1(instance) => instance.describe(),
        }
    }

    /// Hands over the settings; the inner list is empty when they were taken.
    pub(crate) fn configure(&mut self, settings: &str) -> Result<Vec<SettingProblem>, CallFailed> {
        match self {
            Instance::V0_1(instance) => instance.configure(settings),
        }
    }

    pub(crate) fn evaluate(
        &mut self,
        policy: &str,
        question: Question<'_>,
        memory: Memory,
    ) -> Result<(Decision, Wrote), CallFailed> {
        match self {
            Instance::V0_1(instance) => instance.evaluate(policy, question, memory),
        }
    }

    /// How much memory it has by now.
    pub(crate) fn memory_bytes(&self) -> u64 {
        match self {
            Instance::V0_1(instance) => instance.memory_bytes(),
        }
    }
}

/// Compiles the component in `bytes`, without running any of it.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, Problem> {
    check_header(bytes)?;
    Component::from_binary(engine.wasm(), bytes)
        .map_err(|error| Problem::Damaged(one_line(&error.root_cause().to_string())))
}

/// Says what a call's error means.
fn failed(
    error: &wasmtime::Error,
    limits: Limits,
    refused_memory: bool,
    time: std::time::Duration,
) -> CallFailed {
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => CallFailed::Deadline(time),
        Some(_) | None if refused_memory => CallFailed::Memory(limits.memory_bytes),
        Some(trap) => CallFailed::Trap(one_line(&trap.to_string())),
        None => CallFailed::Trap(one_line(&error.root_cause().to_string())),
    }
}

fn check_header(bytes: &[u8]) -> Result<(), Problem> {
    const CORE: &[u8] = b"\0asm\x01\0\0\0";
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    match bytes.get(..8) {
        _ if bytes.is_empty() => Err(Problem::Empty),
        Some(COMPONENT) => Ok(()),
        Some(CORE) => Err(Problem::CoreModule),
        Some(_) => Err(Problem::NotWebAssembly),
        None if CORE.starts_with(bytes) || COMPONENT.starts_with(bytes) => Err(Problem::Damaged(
            "it ends within its first eight bytes".to_owned(),
        )),
        None => Err(Problem::NotWebAssembly),
    }
}

/// Names everything that the component wants and the interface does not give.
fn check_imports(engine: &Engine, component: &Component) -> Result<(), Problem> {
    let mut strangers = Vec::new();
    let mut other_version = None;
    let ty = component.component_type();
    for (name, import) in ty.imports(engine.wasm()) {
        // A type gives nothing; what it describes is checked where the exports are.
        if matches!(import.ty, ComponentItem::Type(_)) {
            continue;
        }
        let Some((interface, version)) = ours(name) else {
            strangers.push(name.to_owned());
            continue;
        };
        if version != v0_1::VERSION {
            other_version = Some(version.to_owned());
            continue;
        }
        let Some((_, functions)) = v0_1::IMPORTS.iter().find(|(given, _)| *given == interface)
        else {
            strangers.push(name.to_owned());
            continue;
        };
        let unknown = functions_of(engine, &import).filter(|f| !functions.contains(&f.as_str()));
        strangers.extend(unknown.map(|function| format!("{name}#{function}")));
    }
    if !strangers.is_empty() {
        let strangers = strangers.iter().map(|name| one_line(name)).collect();
        return Err(Problem::Strangers(strangers));
    }
    match other_version {
        Some(version) => Err(Problem::OtherVersion {
            wants: one_line(&version),
            have: v0_1::VERSION,
        }),
        None => Ok(()),
    }
}

/// The interface and version of an import of ours.
fn ours(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PACKAGE)?.split_once('@')
}

fn functions_of<'a>(
    engine: &'a Engine,
    import: &ComponentExtern<'_>,
) -> impl Iterator<Item = String> + use<'a> {
    let mut names = Vec::new();
    if let ComponentItem::ComponentInstance(instance) = &import.ty {
        for (name, export) in instance.exports(engine.wasm()) {
            if !matches!(export.ty, ComponentItem::Type(_)) {
                names.push(name.to_owned());
            }
        }
    }
    names.into_iter()
}

fn check_exports(engine: &Engine, component: &Component) -> Result<(), Problem> {
    let ty = component.component_type();
    for name in v0_1::EXPORTS {
        let export = ty.get_export(engine.wasm(), name);
        let is_function = export.is_some_and(|e| matches!(e.ty, ComponentItem::ComponentFunc(_)));
        if !is_function {
            return Err(Problem::NoExport(name));
        }
    }
    Ok(())
}

/// The first line of a text that a module may have had a hand in.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.lines().next().unwrap_or_default();
    visible(&line.chars().take(LONGEST).collect::<String>())
}
