//! A chain tried out before any message meets it: what each policy says of itself has to hold, and
//! a harmless message must not make it fail. What it decides on that message is its own affair.
//!
//! Each trial is one row of [`trials`]; more rows make a stricter test.

use super::chain::{Chain, Facts, Link, Post};
use super::loader::{LoadError, LoadFailed, Problem};
use crate::types::{
    AgentId, ConversationId, Direction, Kind, MessageId, Timestamp, Trust, TurnNumber,
};

/// What a policy is tried with.
#[derive(Debug)]
struct Trial {
    direction: Direction,
    kind: Kind,
    trust: Trust,
    content: &'static str,
}

/// The trials of a policy that judges in `direction`.
fn trials(direction: Direction) -> [Trial; 2] {
    let text = Trial {
        direction,
        kind: Kind::Text,
        trust: Trust::Known,
        content: "Hello. Nobody wrote this: a policy is being tried.",
    };
    let end = Trial {
        direction,
        kind: Kind::End,
        trust: Trust::Unknown,
        content: "",
    };
    [text, end]
}

impl Chain {
    /// Tries each policy, whatever the others say, or names all that do not stand it. The chain is
    /// as fresh after it as before.
    pub fn self_test(&self) -> Result<(), LoadFailed> {
        let links = self.posts().iter().filter_map(|post| match post {
            Post::On(link) => Some((post, link)),
            Post::Off(_) => None,
        });
        let errors = links.filter_map(|(post, link)| {
            let problem = try_one(post, link).err()?;
            let policy = link.name.to_string();
            Some(LoadError { policy, problem })
        });
        let errors: Vec<LoadError> = errors.collect();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(LoadFailed { errors }),
        }
    }
}

fn try_one(post: &Post, link: &Link) -> Result<(), Problem> {
    check_description(link)?;
    let failed = |error: String| Problem::Failed {
        during: "on a harmless message",
        error,
    };
    for trial in link.directions.iter().flat_map(|way| trials(*way)) {
        if let Some(error) = trial.failure(post) {
            return Err(failed(error));
        }
    }
    // What the trials left in the memory of the instance is nothing that a message should meet.
    link.guest
        .renew()
        .map_err(|error| failed(error.to_string()))
}

/// Whether what the policy says of itself can be shown and used.
fn check_description(link: &Link) -> Result<(), Problem> {
    let said = link.guest.description();
    let schema = serde_json::from_str::<serde_json::Value>(&said.settings_schema);
    let missing = [
        (said.name.is_empty(), "its `describe` gives no name"),
        (said.version.is_empty(), "its `describe` gives no version"),
        (
            said.directions.is_empty(),
            "its `describe` gives no direction",
        ),
        (
            !schema.is_ok_and(|schema| schema.is_object()),
            "its `describe` gives a schema that is no JSON object",
        ),
    ];
    match missing.iter().find(|(is_missing, _)| *is_missing) {
        Some((_, sentence)) => Err(Problem::Unfit((*sentence).to_owned())),
        None => Ok(()),
    }
}

impl Trial {
    /// How the policy fails, if it does.
    fn failure(&self, post: &Post) -> Option<String> {
        let (id, conversation) = (id(MessageId::new), id(ConversationId::new));
        let agents = [agent("10000001"), agent("10000002")];
        let facts = Facts {
            direction: self.direction,
            kind: self.kind,
            id: &id,
            from: &agents[0],
            to: &agents[1],
            trust: self.trust,
            conversation: Some(&conversation),
            turn: Some(TurnNumber::MIN),
            content: self.content,
            time: Timestamp::from_millis(1_800_000_000_000),
            released_for: &[],
            annotations: &[],
        };
        post.try_alone(facts)
    }
}

fn id<T, E: std::fmt::Debug>(new: impl Fn(&str) -> Result<T, E>) -> T {
    new("self-test").expect("it is made of letters and a dash")
}

fn agent(id: &str) -> AgentId {
    AgentId::new(id).expect("eight digits are an agent's id")
}
