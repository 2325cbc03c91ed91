//! What the daemon counts of itself: steps of messages, verdicts, and how long judging and handing
//! over took; since its start, and by the minute for the last hour.
//!
//! It lives in memory alone and holds no ids and no text. Its bounds: an hour of minutes, a fixed set
//! of words for steps, so many policies by name. Whoever counts says when, so it reads no clock.
//! `GET /history` reads [`Meter::last_hour`], and whoever wants sums reads [`Meter::totals`].

mod durations;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::policy::{Step, StepVerdict};
use crate::types::{Direction, Timestamp};

pub(crate) use durations::Durations;

/// How many minutes are told of.
pub(crate) const MINUTES: u64 = 60;
pub(crate) const MINUTE_MS: u64 = 60_000;

/// How many policies are counted by name, as many as a chain may have; what is beyond counts together.
const POLICIES_MAX: usize = 64;
const OTHERS: &str = "(others)";

/// Counts. Cheap to clone; clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    totals: Counts,
    /// By the number of the minute since 1970.
    minutes: BTreeMap<u64, Counts>,
}

/// What was counted in some span of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    steps: BTreeMap<(&'static str, &'static str), u64>,
    policies: BTreeMap<String, PolicyCounts>,
    /// How long the chain took for a message.
    pub(crate) judging: Durations,
    /// How long the chain had a processor.
    pub(crate) processor: Duration,
    /// How long a message took from the lane to the gateway's word that it is taken.
    pub(crate) handing_over: Durations,
}

/// How long judging a message took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Took {
    pub(crate) elapsed: Duration,
    /// How long of that it had a processor.
    pub(crate) processor: Duration,
}

/// What was counted of one policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PolicyCounts {
    verdicts: BTreeMap<StepVerdict, u64>,
    /// How long it took for a message.
    pub(crate) elapsed: Durations,
}

impl Meter {
    /// Something happened to a message: the word is that of its story.
    pub(crate) fn step(&self, direction: Direction, what: &'static str, at: Timestamp) {
        self.count(at, |counts| {
            *counts.steps.entry((direction.as_str(), what)).or_default() += 1;
        });
    }

    /// A chain judged a message. One that is judged again, as after a release, counts again.
    pub(crate) fn judged(&self, steps: &[Step], took: Took, at: Timestamp) {
        self.count(at, |counts| {
            counts.judging.add(took.elapsed);
            counts.processor = counts.processor.saturating_add(took.processor);
            for step in steps {
                counts.policy(&step.policy).add(step);
            }
        });
    }

    /// The gateway took a message, so long after it came to the lane.
    pub(crate) fn handed_over(&self, elapsed: Duration, at: Timestamp) {
        self.count(at, |counts| counts.handing_over.add(elapsed));
    }

    /// All since the start.
    pub(crate) fn totals(&self) -> Counts {
        self.counted().totals.clone()
    }

    /// The last [`MINUTES`], each with when it began, the oldest first; `now` falls into the last.
    pub(crate) fn last_hour(&self, now: Timestamp) -> Vec<(Timestamp, Counts)> {
        let counted = self.counted();
        let last = minute_of(now);
        (last.saturating_sub(MINUTES - 1)..=last)
            .map(|minute| {
                let began = Timestamp::from_millis(minute * MINUTE_MS);
                let counts = counted.minutes.get(&minute).cloned();
                (began, counts.unwrap_or_default())
            })
            .collect()
    }

    fn count(&self, at: Timestamp, add: impl Fn(&mut Counts)) {
        let mut counted = self.counted();
        let minute = minute_of(at);
        if !counted.minutes.contains_key(&minute) {
            // Either way: the clock may have been set back.
            counted
                .minutes
                .retain(|old, _| old.abs_diff(minute) < MINUTES);
        }
        add(counted.minutes.entry(minute).or_default());
        add(&mut counted.totals);
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// How often `what` happened to messages of one direction.
    pub(crate) fn steps(&self, direction: Direction, what: &'static str) -> u64 {
        let counted = self.steps.get(&(direction.as_str(), what));
        counted.copied().unwrap_or_default()
    }

    /// Every word for a step that was counted: direction, word, count.
    pub(crate) fn all_steps(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        let steps = self.steps.iter();
        steps.map(|((direction, what), count)| (*direction, *what, *count))
    }

    /// Every policy that judged, by name.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (&str, &PolicyCounts)> {
        let policies = self.policies.iter();
        policies.map(|(name, counts)| (name.as_str(), counts))
    }

    /// Adds what was counted in another span.
    pub(crate) fn add(&mut self, other: &Counts) {
        for (step, count) in &other.steps {
            *self.steps.entry(*step).or_default() += count;
        }
        for (name, counts) in &other.policies {
            let own = self.policy(name);
            for (verdict, count) in &counts.verdicts {
                *own.verdicts.entry(*verdict).or_default() += count;
            }
            own.elapsed.add_all(&counts.elapsed);
        }
        self.judging.add_all(&other.judging);
        self.processor = self.processor.saturating_add(other.processor);
        self.handing_over.add_all(&other.handing_over);
    }

    fn policy(&mut self, name: &str) -> &mut PolicyCounts {
        let is_new = !self.policies.contains_key(name);
        let name = match is_new && self.policies.len() >= POLICIES_MAX {
            true => OTHERS,
            false => name,
        };
        self.policies.entry(name.to_owned()).or_default()
    }
}

impl PolicyCounts {
    /// How often it said what.
    pub(crate) fn verdicts(&self) -> &BTreeMap<StepVerdict, u64> {
        &self.verdicts
    }

    fn add(&mut self, step: &Step) {
        *self.verdicts.entry(step.verdict).or_default() += 1;
        self.elapsed.add(step.elapsed);
    }
}

fn minute_of(at: Timestamp) -> u64 {
    at.as_millis() / MINUTE_MS
}

#[cfg(test)]
mod tests;
