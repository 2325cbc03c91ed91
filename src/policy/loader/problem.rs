//! Why a chain cannot be loaded: everything that is wrong, each by its policy's name.

use std::fmt;

use super::super::read::ReadRefused;
use crate::types::{Digest, Direction};

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
