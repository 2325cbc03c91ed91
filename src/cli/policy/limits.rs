//! What a policy may use while it is tried, instead of what its entry says.

use std::time::Duration;

use crate::config::Limits;
use crate::policy::PolicySpec;

/// Limits over those of the entry, written as its `limits` are.
#[derive(Debug, clap::Args)]
pub(super) struct LimitArguments {
    /// How long one call may take, such as `200ms`, as the entry's `limits.time`
    #[arg(long, value_name = "TIME", value_parser = Limits::time_of)]
    time: Option<Duration>,
    /// How much memory it may have, such as `64MiB`, as the entry's `limits.memory`
    #[arg(long, value_name = "SIZE", value_parser = Limits::memory_of)]
    memory: Option<u64>,
}

impl LimitArguments {
    /// Puts what was given into `spec`.
    pub(super) fn apply(&self, spec: &mut PolicySpec) {
        if let Some(time) = self.time {
            spec.limits.time = time;
        }
        if let Some(bytes) = self.memory {
            spec.limits.memory_bytes = bytes;
        }
    }

    /// Whether any was given.
    pub(super) fn are_given(&self) -> bool {
        self.time.is_some() || self.memory.is_some()
    }
}
