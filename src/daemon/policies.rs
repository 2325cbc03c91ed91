//! From the configuration's entries to a chain: the one place that knows both.

use crate::config;
use crate::policy::{self, Chain, Engine, LoadFailed, PolicySpec};

/// Loads the chain that the configuration asks for, all or nothing.
pub(super) fn load(engine: &Engine, entries: &[config::PolicyEntry]) -> Result<Chain, LoadFailed> {
    let specs: Vec<PolicySpec> = entries.iter().map(spec).collect();
    Chain::load(engine, &specs)
}

/// An entry as the policy host takes it.
fn spec(entry: &config::PolicyEntry) -> PolicySpec {
    PolicySpec {
        name: entry.name.clone(),
        module: match &entry.module {
            config::ModuleSource::Builtin(name) => policy::ModuleSource::Builtin(name.clone()),
            config::ModuleSource::Path(path) => policy::ModuleSource::Path(path.clone()),
        },
        sha256: entry.sha256,
        directions: entry.directions.iter().copied().collect(),
        mode: match entry.mode {
            config::Mode::Enforce => policy::Mode::Enforce,
            config::Mode::Monitor => policy::Mode::Monitor,
            config::Mode::Off => policy::Mode::Off,
        },
        on_failure: match entry.on_failure {
            config::OnFailure::Hold => policy::OnFailure::Hold,
            config::OnFailure::Reject => policy::OnFailure::Reject,
            config::OnFailure::Pass => policy::OnFailure::Pass,
        },
        // The configuration has put the entries in order.
        before: None,
        limits: policy::Limits {
            time: entry.limits.time,
            memory_bytes: entry.limits.memory_bytes,
        },
        settings: entry.settings.clone(),
    }
}
