//! The ordered fold over policies, and the only maker of a [`Judged`] message.
//!
//! A verdict other than pass or rewrite ends the fold. A policy that fails ends it as its entry
//! says; a monitored policy is evaluated and told of, never obeyed. What a message changed in the
//! policies' state travels in its [`Ruling`]. Stores nothing and sends nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::link::{Lasting, Passage, Passing};
use super::decision::{Annotation, ReasonCode};
use super::guest::Description;
use super::loader::Mode;
use super::state::{PolicyState, StateChanges};
use crate::types::{
    AgentId, ConversationId, Digest, Direction, Kind, MessageId, Timestamp, Trust, TurnNumber,
};

mod link;

pub(crate) use self::link::{Link, Post};

/// Something that a chain can judge.
pub trait Subject {
    /// What the policies are told about it.
    fn facts(&self) -> Facts<'_>;
}

/// What the policies are told about one message.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// What it is for.
    pub kind: Kind,
    /// The author's name for it.
    pub id: &'a MessageId,
    /// The author.
    pub from: &'a AgentId,
    /// The receiver.
    pub to: &'a AgentId,
    /// How far the other agent is trusted: the author inbound, the receiver outbound.
    pub trust: Trust,
    /// The conversation, where it has one.
    pub conversation: Option<&'a ConversationId>,
    /// The author's own count of turns.
    pub turn: Option<TurnNumber>,
    /// The text as it came.
    pub content: &'a str,
    /// The message's time: when the relay took it in, or when our link or `/send` read it.
    pub time: Timestamp,
    /// Whose hold was answered: entries of [`Hold::held_by`] (all of them where a person released
    /// the message, [`Hold::policy`] alone where its time came). Their hold counts as pass.
    pub released_for: &'a [String],
    /// What the host has to say about it, before any policy.
    pub annotations: &'a [Annotation],
}

/// A message that went through a chain. Nothing else can make one.
#[derive(Debug)]
pub struct Judged<M> {
    message: M,
    ruling: Ruling,
}

impl<M> Judged<M> {
    /// The message as it came, and what was decided about it.
    pub fn into_parts(self) -> (M, Ruling) {
        (self.message, self.ruling)
    }

    /// The message as it came.
    pub fn message(&self) -> &M {
        &self.message
    }

    /// What was decided about it.
    pub fn ruling(&self) -> &Ruling {
        &self.ruling
    }
}

/// What a chain decided about one message, and how.
#[derive(Debug)]
pub struct Ruling {
    /// What happens to the message.
    pub outcome: Outcome,
    /// What host and policies said about it, in that order.
    pub annotations: Vec<Annotation>,
    /// What each policy said, in order, up to the one that ended it.
    pub steps: Vec<Step>,
    /// What the policies remembered; empty when the chain was only tried out.
    pub changes: StateChanges,
    /// How long judging it had a processor, all policies and the host together.
    pub processor: Duration,
}

/// What happens to a judged message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on with this content.
    Admitted {
        /// The content, as the policies left it.
        content: String,
    },
    /// It waits.
    Held(Hold),
    /// It goes no further.
    Refused(Rejection),
}

/// Why a message waits, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Whose hold it is, as [`Facts::released_for`] names it once answered: the policy's name, or
    /// `NAME/policy_error` where the host holds because that policy failed.
    pub policy: String,
    /// The word for why.
    pub code: ReasonCode,
    /// Why, for a person.
    pub reason: String,
    /// When the host releases it by itself; without it, a person does.
    pub until: Option<Timestamp>,
    /// Every hold that this message has had so far, this one last.
    pub held_by: Vec<String>,
}

/// Why a message goes no further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The policy that said so.
    pub policy: String,
    /// The word for why.
    pub code: ReasonCode,
    /// Why, for a person on this side; the other side is told nothing of it.
    pub reason: String,
    /// When to try again, for `rate_limited`.
    pub retry_after_ms: Option<u64>,
}

/// What one policy said about one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The policy's name.
    pub policy: String,
    /// The digest of the module that judged.
    #[serde(with = "digest_text")]
    pub digest: Digest,
    /// What it said.
    pub verdict: StepVerdict,
    /// The word for why, on reject, hold and failure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<ReasonCode>,
    /// Why, for a person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Whether it was only listened to.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub monitored: bool,
    /// Whether it held, and counted as pass because that hold was answered.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub released: bool,
    /// How long it took.
    #[serde(rename = "elapsed_us", with = "microseconds")]
    pub elapsed: Duration,
}

/// The word for what a policy said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepVerdict {
    /// The message goes on as it is.
    Pass,
    /// The message goes on changed.
    Rewrite,
    /// The message is refused.
    Reject,
    /// The message waits.
    Hold,
    /// The policy trapped, ran too long or answered nonsense.
    PolicyError,
}

/// One policy of a chain, for `/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyStatus {
    /// Its name in the configuration.
    pub name: String,
    /// The module's version of itself; none for a policy that is off.
    pub version: Option<String>,
    /// The digest of the module's bytes, in hex; none for a policy that is off.
    pub digest: Option<String>,
    /// How its verdicts are taken.
    pub mode: Mode,
    /// How it is.
    pub state: PolicyHealth,
    /// What went wrong last, while it is failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a policy of a chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyHealth {
    /// It judges.
    Ready,
    /// Its last call failed; after five in a row it is asked once a minute until it answers.
    Failing,
    /// Its entry says `off`.
    Off,
}

/// The policies in force, in order. Built whole by [`Chain::load`], never changed.
#[derive(Debug)]
pub struct Chain {
    posts: Vec<Post>,
}

impl Chain {
    /// A chain of no policies, which admits everything.
    pub fn empty() -> Self {
        Self::of(Vec::new())
    }

    pub(crate) fn of(posts: Vec<Post>) -> Self {
        Self { posts }
    }

    /// Judges `message` and makes what the policies remembered visible to the next one.
    pub fn judge<M: Subject>(&self, message: M, state: &mut PolicyState) -> Judged<M> {
        let mut memory = Lasting {
            state,
            changes: StateChanges::default(),
        };
        let passed = Passage::through(&self.posts, message.facts(), &mut memory);
        let ruling = passed.ruling(memory.changes);
        Judged { message, ruling }
    }

    /// Judges `subject` and forgets it: nothing is remembered, no failure counted.
    pub fn try_out(&self, subject: &impl Subject, state: &PolicyState) -> Ruling {
        let passed = Passage::through(&self.posts, subject.facts(), &mut Passing(state));
        passed.ruling(StateChanges::default())
    }

    pub(crate) fn posts(&self) -> &[Post] {
        &self.posts
    }

    /// How each policy is.
    pub fn snapshot(&self) -> Vec<PolicyStatus> {
        self.posts.iter().map(Post::status).collect()
    }

    /// What each loaded policy says of itself, with its name here and its digest.
    pub fn descriptions(&self) -> impl Iterator<Item = (&str, Digest, &Description)> {
        self.posts.iter().filter_map(|post| match post {
            Post::On(link) => Some((post.name(), link.guest.digest(), link.guest.description())),
            Post::Off(_) => None,
        })
    }
}

mod digest_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::types::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

mod microseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(elapsed: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_micros)
    }
}
