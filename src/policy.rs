//! Floor 2: hosts policy modules. Owns the runtime they run in, the chain that judges a message
//! and what policies remember; knows nothing of sockets, rows or what any policy decides.
//!
//! A [`PolicySpec`] names a module and how it is run; [`Chain::load`] turns a list of them into a
//! ready chain, all or nothing; [`Chain::judge`] is the only maker of a [`Judged`] message;
//! [`watch`] keeps the chain in force and puts a new one in its place while messages flow.

mod abi;
pub mod bench;
mod builtin;
mod cache;
pub mod cases;
pub mod chain;
mod code;
mod deadline;
pub mod decision;
pub mod engine;
pub mod entry;
mod guest;
mod inspect;
pub mod loader;
mod read;
mod self_test;
pub mod state;
#[cfg(test)]
pub(crate) mod tests;
pub mod watch;
pub(crate) mod wrap;

pub use builtin::{Builtin, builtin, builtins};
pub use chain::{
    Chain, Facts, Hold, Judged, Outcome, PolicyHealth, PolicyStatus, Rejection, Ruling, Step,
    StepVerdict, Subject,
};
pub use decision::{Annotation, ReasonCode, words};
pub use engine::{Engine, EngineError, Limits};
pub use entry::Fault;
pub use guest::{Description, Note};
pub use inspect::{Inspection, inspect};
pub use loader::{
    LoadError, LoadFailed, Mode, ModuleSource, OnFailure, PolicySpec, Problem, SettingProblem,
};
pub use read::ReadRefused;
pub use state::{POLICY_STATE_SCHEMA, PolicyState, StateChanges};
pub use watch::{Policies, Reloaded, Source, Standing, Wanted};
