//! From the configuration's entries to what the host loads, and from what is wrong with it back to
//! the line of the file: the one place that knows both.

use std::fmt;

use serde::Serialize;

use super::engine::Limits;
use super::loader::{
    LoadError, LoadFailed, Mode, ModuleSource, OnFailure, PolicySpec, Problem, SettingProblem,
};
use crate::config::{self, Origin, PolicyEntry, Report};

/// One thing that keeps policies from being loaded, in one sentence that says where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "Told")]
pub struct Fault {
    /// The policy that it concerns, if it is one.
    pub policy: Option<String>,
    /// Where it is to be mended; the default where no file says so.
    pub origin: Origin,
    /// What is wrong, without its place.
    pub sentence: String,
}

/// A fault for a program that reads it.
#[derive(Serialize)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    sentence: String,
}

impl From<Fault> for Told {
    fn from(fault: Fault) -> Self {
        let sentence = fault.to_string();
        let policy = fault.policy;
        Self { policy, sentence }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => f.write_str(&self.sentence),
            Origin::File(..) | Origin::WholeFile(_) | Origin::Environment(_) | Origin::Flag(_) => {
                write!(f, "{}: {}", self.origin, self.sentence)
            }
        }
    }
}

impl Fault {
    /// One that concerns no single policy.
    pub(crate) fn of_all(sentence: impl Into<String>) -> Self {
        Self {
            policy: None,
            origin: Origin::Default,
            sentence: sentence.into(),
        }
    }

    /// Everything that is wrong with a configuration.
    pub fn of_report(report: &Report) -> Vec<Self> {
        let complaints = report.complaints().iter();
        complaints
            .map(|complaint| Self {
                origin: complaint.origin.clone(),
                ..Self::of_all(complaint.sentence.as_str())
            })
            .collect()
    }

    /// Everything that is wrong with the chain of `entries`, settings with their line.
    pub fn of_load(failed: &LoadFailed, entries: &[PolicyEntry]) -> Vec<Self> {
        let errors = failed.errors.iter();
        errors.flat_map(|error| of_error(error, entries)).collect()
    }
}

fn of_error(error: &LoadError, entries: &[PolicyEntry]) -> Vec<Fault> {
    let entry = entries.iter().find(|entry| entry.name == error.policy);
    let at = |origin: Option<&Origin>, sentence: String| Fault {
        policy: Some(error.policy.clone()),
        origin: origin.cloned().unwrap_or(Origin::Default),
        sentence,
    };
    let Problem::Settings(problems) = &error.problem else {
        let origin = entry.map(|entry| &entry.origin);
        return vec![at(origin, error.to_string())];
    };
    let problems = problems.iter().map(|problem| {
        let origin = entry.map(|entry| entry.setting_origin(&path_of(problem)));
        at(origin, format!("policy `{}`: {problem}", error.policy))
    });
    problems.collect()
}

/// The setting's path as the configuration writes it: `rules.0.peer` for `rules[0].peer`.
fn path_of(problem: &SettingProblem) -> String {
    problem.setting.replace('[', ".").replace(']', "")
}

impl From<&PolicyEntry> for PolicySpec {
    fn from(entry: &PolicyEntry) -> Self {
        Self {
            name: entry.name.clone(),
            module: match &entry.module {
                config::ModuleSource::Builtin(name) => ModuleSource::Builtin(name.clone()),
                config::ModuleSource::Path(path) => ModuleSource::Path(path.clone()),
            },
            sha256: entry.sha256,
            directions: entry.directions.iter().copied().collect(),
            mode: match entry.mode {
                config::Mode::Enforce => Mode::Enforce,
                config::Mode::Monitor => Mode::Monitor,
                config::Mode::Off => Mode::Off,
            },
            on_failure: match entry.on_failure {
                config::OnFailure::Hold => OnFailure::Hold,
                config::OnFailure::Reject => OnFailure::Reject,
                config::OnFailure::Pass => OnFailure::Pass,
            },
            // The configuration has put the entries in order.
            before: None,
            limits: Limits {
                time: entry.limits.time,
                memory_bytes: entry.limits.memory_bytes,
            },
            settings: entry.settings.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment, Overrides};
    use crate::policy::{Chain, Engine};

    #[test]
    fn a_setting_that_is_not_taken_is_told_with_its_line() {
        let text = "[[policy]]\nname = \"acl\"\n[policy.settings]\nmode = \"shut\"\n\
                    [[policy.settings.rules]]\npeer = 7\neffect = \"allow\"\n";
        let environment = Environment::from_pairs([("HOME", "/h")]);
        let flags = Overrides::default();
        let config = Config::from_text(&environment, &flags, "/c.toml".as_ref(), text).unwrap();
        let specs: Vec<PolicySpec> = config.policies.iter().map(PolicySpec::from).collect();
        let failed = Chain::load(&Engine::start().unwrap(), &specs).unwrap_err();
        let faults = Fault::of_load(&failed, &config.policies);
        let said: Vec<String> = faults.iter().map(Fault::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(
            said[0].starts_with("/c.toml:4:8: policy `acl`: setting `mode`"),
            "{said:?}"
        );
        let second = "/c.toml:6:8: policy `acl`: setting `rules[0].peer`";
        assert!(said[1].starts_with(second), "{said:?}");
        assert!(
            faults
                .iter()
                .all(|fault| fault.policy.as_deref() == Some("acl"))
        );
    }
}
