//! One policy: started, configured, asked about one message at a time.
//!
//! Owns the one instance that is reused from message to message, and the count of failures. After
//! a failure the instance is dropped and the next message gets a fresh one; after
//! [`MAX_FAILURES`] in a row the policy is asked once in [`REST`], until an answer comes or it is
//! loaded again. What is only tried out gets an instance of its own, which neither waits for the
//! live one nor keeps it waiting.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tracing::warn;

use super::abi::{CallFailed, Instance, Journal, Memory, Prepared, Question, Wrote};
use super::decision::Decision;
use super::engine::{Engine, Limits};
use super::loader::Problem;
use crate::clock::Stopwatch;
use crate::types::{Digest, Direction};

/// After so many failures in a row a policy is left alone for [`REST`].
pub(crate) const MAX_FAILURES: u32 = 5;
/// How long it then is. Whoever knows a text on which it fails can keep it from judging the others'
/// for no longer than this with each.
pub(crate) const REST: Duration = Duration::from_secs(60);
/// After so many calls an instance is replaced, so that nothing it leaks can pile up.
const CALLS_OF_AN_INSTANCE: u32 = 10_000;

/// What a policy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Its own name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The directions in which it makes sense.
    pub directions: Vec<Direction>,
    /// Whether an entry may let messages pass when it fails.
    pub may_pass_on_failure: bool,
    /// The JSON Schema of its settings.
    pub settings_schema: String,
    /// Whatever else it says.
    pub notes: Vec<Note>,
}

/// Something that a policy says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What it is about.
    pub key: String,
    /// What it says.
    pub value: String,
}

/// One loaded policy.
pub(crate) struct Guest {
    name: String,
    digest: Digest,
    description: Description,
    engine: Engine,
    prepared: Arc<Prepared>,
    journal: Arc<Journal>,
    /// Its own, so that trying out cannot use up the lines of live messages.
    trial_journal: Arc<Journal>,
    limits: Limits,
    settings: String,
    seat: Mutex<Seat>,
}

/// What changes from call to call.
#[derive(Default)]
struct Seat {
    running: Option<Running>,
    failures: u32,
    last_failure: Option<Failure>,
}

struct Failure {
    says: String,
    since: Stopwatch,
}

struct Running {
    instance: Instance,
    calls: u32,
}

impl Guest {
    /// Starts the module, asks it who it is and hands it its settings.
    pub(crate) fn start(
        engine: &Engine,
        name: &str,
        (digest, prepared): (Digest, Arc<Prepared>),
        limits: Limits,
        settings: &serde_json::Value,
    ) -> Result<Self, Problem> {
        let journal = Arc::new(Journal::new(name));
        let settings = settings.to_string();
        let _entered = engine.enter();
        let failed = |during| {
            move |error: CallFailed| Problem::Failed {
                during,
                error: error.to_string(),
            }
        };
        let mut instance = prepared
            .start(engine, Arc::clone(&journal), limits)
            .map_err(failed("while it was started"))?;
        let description = instance.describe().map_err(failed("in `describe`"))?;
        let problems = instance
            .configure(&settings)
            .map_err(failed("in `configure`"))?;
        if !problems.is_empty() {
            return Err(Problem::Settings(problems));
        }
        let running = Running { instance, calls: 0 };
        Ok(Self {
            name: name.to_owned(),
            digest,
            description,
            engine: engine.clone(),
            prepared,
            journal,
            trial_journal: Arc::new(Journal::new(name)),
            limits,
            settings,
            seat: Mutex::new(Seat {
                running: Some(running),
                ..Seat::default()
            }),
        })
    }

    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    pub(crate) fn description(&self) -> &Description {
        &self.description
    }

    /// What went wrong last, unless a call has succeeded since.
    pub(crate) fn last_failure(&self) -> Option<String> {
        let seat = self.seat();
        seat.last_failure.as_ref().map(|last| last.says.clone())
    }

    /// Asks the policy about one message.
    pub(crate) fn evaluate(
        &self,
        question: Question<'_>,
        memory: Memory,
    ) -> Result<(Decision, Wrote), CallFailed> {
        let mut seat = self.seat();
        if seat.rests() {
            return Err(CallFailed::NotEntered(seat.failures));
        }
        let _entered = self.engine.enter();
        // Taken out, so that an instance that fails is gone whichever way this ends.
        let mut running = match seat.running.take() {
            Some(running) if running.calls < CALLS_OF_AN_INSTANCE => running,
            Some(_) | None => self.restart(&self.journal)?,
        };
        let answer = running.instance.evaluate(&self.name, question, memory)?;
        running.calls += 1;
        seat.running = Some(running);
        Ok(answer)
    }

    /// Asks the policy about a message that is only tried out, in an instance that nothing else uses.
    pub(crate) fn try_out(
        &self,
        question: Question<'_>,
        memory: Memory,
    ) -> Result<(Decision, Wrote), CallFailed> {
        {
            let seat = self.seat();
            if seat.rests() {
                return Err(CallFailed::NotEntered(seat.failures));
            }
        }
        let _entered = self.engine.enter();
        let mut trial = self.restart(&self.trial_journal)?;
        trial.instance.evaluate(&self.name, question, memory)
    }

    /// Counts a message that the policy was asked about.
    pub(crate) fn count(&self, failure: Option<&CallFailed>) {
        let mut seat = self.seat();
        match failure {
            None => {
                seat.failures = 0;
                seat.last_failure = None;
            }
            Some(CallFailed::NotEntered(_)) => {}
            Some(failure) => {
                let name = &self.name;
                seat.running = None;
                seat.failures = seat.failures.saturating_add(1);
                seat.last_failure = Some(Failure {
                    says: failure.to_string(),
                    since: Stopwatch::start(),
                });
                warn!(
                    policy.name = name,
                    policy.failures = seat.failures,
                    "policy {name} failed: {failure}"
                );
            }
        }
    }

    /// Puts a fresh instance in the place of one that was tried out.
    pub(crate) fn renew(&self) -> Result<(), CallFailed> {
        let _entered = self.engine.enter();
        let fresh = self.restart(&self.journal)?;
        self.seat().running = Some(fresh);
        Ok(())
    }

    /// How much memory the instance in use has by now.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        let seat = self.seat();
        let running = seat.running.as_ref();
        running.map(|running| running.instance.memory_bytes())
    }

    fn restart(&self, journal: &Arc<Journal>) -> Result<Running, CallFailed> {
        let journal = Arc::clone(journal);
        let mut instance = self.prepared.start(&self.engine, journal, self.limits)?;
        let problems = instance.configure(&self.settings)?;
        match problems.first() {
            None => Ok(Running { instance, calls: 0 }),
            Some(problem) => Err(CallFailed::Trap(format!(
                "a fresh instance refuses the settings it took before: {problem}"
            ))),
        }
    }

    /// A panic of ours in a call leaves no instance behind, so what is there can be used.
    fn seat(&self) -> MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn rests(&self) -> bool {
        let last = self.last_failure.as_ref();
        last.is_some_and(|last| rests(self.failures, last.since.elapsed()))
    }
}

/// Whether a policy is left alone that failed so often in a row, the last time `since` ago.
fn rests(failures: u32, since: Duration) -> bool {
    failures >= MAX_FAILURES && since < REST
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_keeps_failing_is_asked_once_a_minute() {
        for (failures, seconds, expect) in [
            (0, 0, false),
            (4, 0, false),
            (5, 0, true),
            (5, 59, true),
            (5, 60, false),
            (6, 0, true),
            (u32::MAX, 60, false),
        ] {
            let since = Duration::from_secs(seconds);
            assert_eq!(rests(failures, since), expect, "{failures}, {seconds} s");
        }
    }
}
