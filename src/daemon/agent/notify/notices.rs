//! When a person is told something, and what. Pure: what waits and the time in, a notice out.
//!
//! What happens within a few seconds is one notice, and so is what happens within `every` of the last
//! one. Only what is new leads to a notice; it then tells all that waits. What waits from before the
//! start counts as new, but is told no earlier than `every` after it, so that a daemon that keeps
//! failing tells nothing.

use std::fmt;
use std::time::Duration;

use crate::daemon::stories::Waiting;
use crate::types::{AgentId, Timestamp};

/// How long is waited for more of the same rush.
const SETTLE: Duration = Duration::from_secs(5);

/// How long a delivery may pause before a person hears of it: longer than a gateway's restart, or an
/// upgrade of it, takes.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// What was told, and what may be new.
#[derive(Debug)]
pub(super) struct Notices {
    every: Duration,
    /// When somebody was last told, or the attempt failed.
    last: Option<Timestamp>,
    /// Since when something may be new.
    stirred: Option<Timestamp>,
    /// When this began, while nobody has looked what waits from before.
    began: Option<Timestamp>,
    told: Waiting,
    pause: Option<Pause>,
}

/// Delivery goes not on.
#[derive(Debug, Clone, Copy)]
struct Pause {
    since: Timestamp,
    is_told: bool,
}

/// What one notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Notice {
    waiting: Waiting,
    is_paused: bool,
}

impl Notices {
    /// Nothing was told yet; what waits from before may be new.
    pub(super) fn begin(every: Duration, now: Timestamp) -> Self {
        Self {
            every,
            last: None,
            stirred: None,
            began: Some(now),
            told: Waiting::default(),
            pause: None,
        }
    }

    /// Something happened that may have to be told.
    pub(super) fn stir(&mut self, now: Timestamp) {
        self.stirred.get_or_insert(now);
    }

    /// Delivery has paused, or goes on.
    pub(super) fn delivery(&mut self, is_paused: bool, now: Timestamp) {
        let began = Pause {
            since: now,
            is_told: false,
        };
        self.pause = is_paused.then(|| self.pause.unwrap_or(began));
    }

    /// How long until somebody has to look what waits; never, where there is nothing to look for.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let stirred = self.stirred.map(|at| left(SETTLE, at, now));
        let pause = self.pause.filter(|pause| !pause.is_told);
        let pause = pause.map(|pause| left(PATIENCE, pause.since, now));
        let before = self.began.map(|began| left(self.every, began, now));
        let first = stirred.into_iter().chain(pause).chain(before).min()?;
        let pace = self.last.map(|last| left(self.every, last, now));
        Some(first.max(pace.unwrap_or_default()))
    }

    /// What is to be told now, while this is `waiting`.
    pub(super) fn decide(&mut self, now: Timestamp, waiting: Waiting) -> Option<Notice> {
        self.stirred = None;
        self.began = None;
        let is_old = |pause: Pause| left(PATIENCE, pause.since, now).is_zero();
        let pause = self.pause.filter(|pause| is_old(*pause));
        let is_new = waiting.has_more_than(&self.told) || pause.is_some_and(|one| !one.is_told);
        is_new.then_some(Notice {
            waiting,
            is_paused: pause.is_some(),
        })
    }

    /// `notice` was told.
    pub(super) fn told(&mut self, now: Timestamp, notice: &Notice) {
        self.last = Some(now);
        self.told = notice.waiting;
        if let (Some(pause), true) = (&mut self.pause, notice.is_paused) {
            pause.is_told = true;
        }
    }

    /// Nobody could be told: after `every` it is tried again.
    pub(super) fn failed(&mut self, now: Timestamp) {
        self.last = Some(now);
        self.stirred = Some(now);
    }
}

/// What is left of `whole`, which began at `since`. A clock that was set back counts as passed time.
fn left(whole: Duration, since: Timestamp, now: Timestamp) -> Duration {
    whole.saturating_sub(now.distance(since))
}

impl Notice {
    /// What the person reads.
    pub(super) fn text(&self, me: &AgentId) -> String {
        format!("OpenDialogue, agent {me}: {self}.")
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Waiting {
            held,
            contacts,
            dead,
            ..
        } = self.waiting;
        let mut parts = Vec::new();
        match (held, contacts) {
            (0, _) => {}
            (1, 1) => parts.push("a stranger asks to talk (`opendialogue held`)".to_owned()),
            (held, 0) => parts.push(format!(
                "{} for your decision (`opendialogue held`)",
                count(held, "message waits", "messages wait")
            )),
            (held, contacts) => parts.push(format!(
                "{} for your decision, {contacts} of strangers who ask to talk (`opendialogue held`)",
                count(held, "message waits", "messages wait")
            )),
        }
        if dead > 0 {
            parts.push(format!(
                "{} given up on the way to your agent (`opendialogue dead`)",
                count(dead, "message was", "messages were")
            ));
        }
        if self.is_paused {
            parts.push("nothing reaches your agent at present (`opendialogue status`)".to_owned());
        }
        f.write_str(&parts.join("; "))
    }
}

fn count(number: u64, one: &str, more: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {more}"),
    }
}

#[cfg(test)]
mod tests;
