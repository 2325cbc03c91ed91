//! `[notify]`: whether a person is told that something waits, and how often at the most. Whom to tell
//! and by which channel stands in the state file.

use std::time::Duration;

use super::kind::Switch;
use super::layers::Layers;
use super::{defaults, schema};

/// `[notify]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// Whether a person is told at all.
    pub enabled: bool,
    /// The least time between two notices.
    pub every: Duration,
}

pub(super) fn read(layers: &mut Layers<'_>) -> Notify {
    let every = layers.decide(
        &schema::NOTIFY_EVERY,
        &defaults::NOTIFY_EVERY_BOUNDS,
        defaults::NOTIFY_EVERY,
    );
    Notify {
        enabled: layers.decide(&schema::NOTIFY_ENABLED, &Switch, false).value,
        every: every.value,
    }
}
