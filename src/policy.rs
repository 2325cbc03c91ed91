//! Floor 2: hosts policy modules. Owns the runtime they run in, the chain that judges a message
//! and what policies remember; knows nothing of sockets, rows or what any policy decides.
//!
//! A [`PolicySpec`] names a module and how it is run; [`Chain::load`] turns a list of them into a
//! ready chain, all or nothing; [`Chain::judge`] is the only maker of a [`Judged`] message.

mod abi;
mod builtin;
pub mod chain;
pub mod decision;
pub mod engine;
mod guest;
pub mod loader;
mod read;
pub mod state;
#[cfg(test)]
pub(crate) mod tests;

pub use builtin::{Builtin, builtin, builtins};
pub use chain::{
    Chain, Facts, Hold, Judged, Outcome, PolicyHealth, PolicyStatus, Rejection, Ruling, Step,
    StepVerdict, Subject,
};
pub use decision::{Annotation, ReasonCode, words};
pub use engine::{Engine, EngineError, Limits};
pub use guest::{Description, Note};
pub use loader::{
    LoadError, LoadFailed, Mode, ModuleSource, OnFailure, PolicySpec, Problem, SettingProblem,
};
pub use read::ReadRefused;
pub use state::{Mark, POLICY_STATE_SCHEMA, PolicyState, StateChanges};
