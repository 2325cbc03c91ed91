//! One message on its way through the links of a chain.
//!
//! A [`Link`] asks its policy; a [`Passage`] obeys, or not: it carries content and annotations from
//! link to link and ends where a verdict ends it. What a call wrote goes to a [`Keeper`].

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::super::abi::{CallFailed, Memory, Question, Wrote};
use super::super::deadline::Readings;
use super::super::decision::{Annotation, Decision, Nonsense, ReasonCode, Verdict};
use super::super::guest::Guest;
use super::super::loader::{Mode, OnFailure};
use super::super::state::{PolicyState, Shelf, StateChanges};
use super::{
    Facts, Hold, Outcome, PolicyHealth, PolicyStatus, Rejection, Ruling, Step, StepVerdict,
};
use crate::clock::Stopwatch;
use crate::types::{Direction, Kind, Trust};

/// The longest content that a policy may write, in bytes: what a relay takes by default.
const MAX_REWRITTEN_BYTES: usize = 64 * 1024;

/// A place in a chain.
#[derive(Debug)]
pub(crate) enum Post {
    On(Box<Link>),
    Off(String),
}

/// A policy at its place.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) name: Arc<str>,
    pub(crate) guest: Guest,
    pub(crate) directions: Vec<Direction>,
    pub(crate) mode: Mode,
    pub(crate) on_failure: OnFailure,
}

impl Post {
    pub(crate) fn name(&self) -> &str {
        match self {
            Post::On(link) => &link.name,
            Post::Off(name) => name,
        }
    }

    /// Leads a message through this post alone and forgets it; says how the policy failed on it, if
    /// it did.
    pub(crate) fn try_alone(&self, facts: Facts<'_>) -> Option<String> {
        let nothing = PolicyState::default();
        let passage = Passage::through(std::slice::from_ref(self), facts, &mut Testing(&nothing));
        let failed = |step: &Step| step.verdict == StepVerdict::PolicyError;
        let step = passage.steps.into_iter().find(failed)?;
        Some(step.reason.unwrap_or_default())
    }

    pub(super) fn status(&self) -> PolicyStatus {
        match self {
            Post::Off(name) => PolicyStatus {
                name: name.clone(),
                version: None,
                digest: None,
                mode: Mode::Off,
                state: PolicyHealth::Off,
                error: None,
            },
            Post::On(link) => {
                let error = link.guest.last_failure();
                PolicyStatus {
                    name: link.name.to_string(),
                    version: Some(link.guest.description().version.clone()),
                    digest: Some(link.guest.digest().to_string()),
                    mode: link.mode,
                    state: match error {
                        Some(_) => PolicyHealth::Failing,
                        None => PolicyHealth::Ready,
                    },
                    error,
                }
            }
        }
    }
}

/// Who is asked, and where what policies remember comes from and goes to.
pub(super) trait Keeper {
    fn ask(
        &self,
        guest: &Guest,
        question: Question<'_>,
        memory: Memory,
    ) -> Result<(Decision, Wrote), CallFailed> {
        guest.evaluate(question, memory)
    }

    fn shelf(&self, policy: &str) -> Arc<Shelf>;
    fn keep(&mut self, link: &Link, outcome: Result<Wrote, &CallFailed>);
}

/// Keeps what is remembered, and counts failures.
pub(super) struct Lasting<'a> {
    pub(super) state: &'a mut PolicyState,
    pub(super) changes: StateChanges,
}

impl Keeper for Lasting<'_> {
    fn shelf(&self, policy: &str) -> Arc<Shelf> {
        self.state.shelf(policy)
    }

    fn keep(&mut self, link: &Link, outcome: Result<Wrote, &CallFailed>) {
        link.guest.count(outcome.as_ref().err().copied());
        if let Ok(wrote) = outcome {
            let Wrote { writes, time } = wrote;
            self.state.take(&link.name, writes, time, &mut self.changes);
        }
    }
}

/// Asks the instance that is to be live later, and keeps nothing.
struct Testing<'a>(&'a PolicyState);

impl Keeper for Testing<'_> {
    fn shelf(&self, policy: &str) -> Arc<Shelf> {
        self.0.shelf(policy)
    }

    fn keep(&mut self, _link: &Link, _outcome: Result<Wrote, &CallFailed>) {}
}

/// Asks instances beside the live ones, and keeps nothing.
pub(super) struct Passing<'a>(pub(super) &'a PolicyState);

impl Keeper for Passing<'_> {
    fn ask(
        &self,
        guest: &Guest,
        question: Question<'_>,
        memory: Memory,
    ) -> Result<(Decision, Wrote), CallFailed> {
        guest.try_out(question, memory)
    }

    fn shelf(&self, policy: &str) -> Arc<Shelf> {
        self.0.shelf(policy)
    }

    fn keep(&mut self, _link: &Link, _outcome: Result<Wrote, &CallFailed>) {}
}

/// A message between two links.
pub(super) struct Passage<'a> {
    facts: Facts<'a>,
    content: Cow<'a, str>,
    annotations: Vec<Annotation>,
    steps: Vec<Step>,
    ended: Option<Outcome>,
    processor: Readings,
}

impl<'a> Passage<'a> {
    /// Leads a message through every link of its direction, until one ends it.
    pub(super) fn through(posts: &[Post], facts: Facts<'a>, keeper: &mut impl Keeper) -> Self {
        let mut passage = Self {
            facts,
            content: Cow::Borrowed(facts.content),
            annotations: facts.annotations.to_vec(),
            steps: Vec::new(),
            ended: None,
            processor: Readings::start(),
        };
        for post in posts {
            match post {
                Post::On(link) if link.directions.contains(&facts.direction) => {
                    passage.ask(link, keeper);
                }
                Post::On(_) | Post::Off(_) => {}
            }
            if passage.ended.is_some() {
                break;
            }
        }
        passage.stop_the_blocked();
        passage
    }

    /// A block is the owner's word, and holds in a chain without `acl` too.
    fn stop_the_blocked(&mut self) {
        if self.ended.is_some() || self.facts.trust != Trust::Blocked {
            return;
        }
        self.ended = Some(Outcome::Refused(Rejection {
            policy: Annotation::HOST.to_owned(),
            code: ReasonCode::NOT_ACCEPTED,
            reason: "the peer is blocked".to_owned(),
            retry_after_ms: None,
        }));
    }

    pub(super) fn ruling(self, changes: StateChanges) -> Ruling {
        let content = self.content;
        Ruling {
            outcome: self.ended.unwrap_or_else(|| Outcome::Admitted {
                content: content.into_owned(),
            }),
            annotations: self.annotations,
            steps: self.steps,
            changes,
            processor: self.processor.elapsed(),
        }
    }

    fn ask(&mut self, link: &Link, keeper: &mut impl Keeper) {
        let watch = Stopwatch::start();
        let shelf = keeper.shelf(&link.name);
        let time = shelf.time_not_before_last(self.facts.time);
        let question = Question {
            facts: &self.facts,
            content: &self.content,
            annotations: &self.annotations,
            released: self.is_answered(&link.name),
            processor: self.processor.last(),
        };
        let answer = keeper.ask(&link.guest, question, Memory { shelf, time });
        let answer = answer.and_then(|(decision, wrote)| {
            self.check(&decision.verdict)?;
            Ok((decision, wrote))
        });
        let elapsed = watch.elapsed();
        self.processor.took(elapsed);
        match answer {
            Ok((decision, wrote)) => {
                keeper.keep(link, Ok(wrote));
                self.note(link, &decision.verdict, elapsed);
                self.obey(link, decision);
            }
            Err(failure) => {
                keeper.keep(link, Err(&failure));
                self.fail(link, &failure, elapsed);
            }
        }
    }

    /// A rewrite is for text, and no longer than what can be sent, or than what came.
    fn check(&self, verdict: &Verdict) -> Result<(), Nonsense> {
        let Verdict::Rewrite(content) = verdict else {
            return Ok(());
        };
        match self.facts.kind {
            Kind::Text => {}
            Kind::Typing | Kind::ReadReceipt | Kind::End => {
                return Err(Nonsense::RewriteOfNoText(self.facts.kind));
            }
        }
        let most = MAX_REWRITTEN_BYTES.max(self.facts.content.len());
        if content.len() > most {
            return Err(Nonsense::LongRewrite {
                got: content.len(),
                most,
            });
        }
        Ok(())
    }

    fn note(&mut self, link: &Link, verdict: &Verdict, elapsed: Duration) {
        let (word, why) = match verdict {
            Verdict::Pass => (StepVerdict::Pass, None),
            Verdict::Rewrite(_) => (StepVerdict::Rewrite, None),
            Verdict::Reject { code, reason, .. } => (StepVerdict::Reject, Some((code, reason))),
            Verdict::Hold { code, reason, .. } => (StepVerdict::Hold, Some((code, reason))),
        };
        self.steps.push(Step {
            policy: link.name.to_string(),
            digest: link.guest.digest(),
            verdict: word,
            code: why.map(|(code, _)| code.clone()),
            reason: why.map(|(_, reason)| reason.clone()),
            monitored: link.mode == Mode::Monitor,
            released: word == StepVerdict::Hold && self.is_answered(&link.name),
            elapsed,
        });
    }

    fn obey(&mut self, link: &Link, decision: Decision) {
        if link.mode == Mode::Monitor {
            return;
        }
        self.annotations.extend(decision.annotations);
        match decision.verdict {
            Verdict::Pass => {}
            Verdict::Rewrite(content) => self.content = Cow::Owned(content),
            Verdict::Reject {
                code,
                reason,
                retry_after_ms,
            } => {
                self.ended = Some(Outcome::Refused(Rejection {
                    policy: link.name.to_string(),
                    code,
                    reason,
                    retry_after_ms,
                }));
            }
            Verdict::Hold {
                code,
                reason,
                until,
            } => self.hold(Hold {
                policy: link.name.to_string(),
                code,
                reason,
                until,
                held_by: Vec::new(),
            }),
        }
    }

    fn fail(&mut self, link: &Link, failure: &CallFailed, elapsed: Duration) {
        let name = &link.name;
        // An answered hold of the policy's own says nothing about its failures: a message whose
        // time has come must not slip past a policy that fails now.
        let holder = format!("{name}/{}", ReasonCode::POLICY_ERROR);
        let reason = format!("policy `{name}` failed: {failure}");
        self.steps.push(Step {
            policy: name.to_string(),
            digest: link.guest.digest(),
            verdict: StepVerdict::PolicyError,
            code: Some(ReasonCode::POLICY_ERROR),
            reason: Some(failure.to_string()),
            monitored: link.mode == Mode::Monitor,
            released: link.on_failure == OnFailure::Hold && self.is_answered(&holder),
            elapsed,
        });
        if link.mode == Mode::Monitor {
            return;
        }
        match link.on_failure {
            OnFailure::Pass => {
                let passed_by = Annotation::host("policy_error", name);
                self.annotations.push(passed_by);
            }
            OnFailure::Reject => {
                self.ended = Some(Outcome::Refused(Rejection {
                    policy: name.to_string(),
                    code: ReasonCode::POLICY_ERROR,
                    reason,
                    retry_after_ms: None,
                }));
            }
            OnFailure::Hold => self.hold(Hold {
                policy: holder,
                code: ReasonCode::POLICY_ERROR,
                reason,
                until: None,
                held_by: Vec::new(),
            }),
        }
    }

    /// Holds the message, unless this hold was answered; what lives for the moment cannot wait.
    fn hold(&mut self, hold: Hold) {
        if self.is_answered(&hold.policy) {
            return;
        }
        if !self.facts.kind.is_lasting() {
            self.ended = Some(Outcome::Refused(Rejection {
                policy: hold.policy,
                code: hold.code,
                reason: hold.reason,
                retry_after_ms: None,
            }));
            return;
        }
        let mut held_by = self.facts.released_for.to_vec();
        held_by.push(hold.policy.clone());
        self.ended = Some(Outcome::Held(Hold { held_by, ..hold }));
    }

    fn is_answered(&self, holder: &str) -> bool {
        self.facts.released_for.iter().any(|name| name == holder)
    }
}
