//! Waiting for the answer to a message: what became of ours, and which message of the other side
//! answers it.
//!
//! An answer is the first text of the receiver in the conversation that came in after ours had gone
//! out. One that the policies did not let in is never shown: what became of it is told instead. The
//! daemon's events say when to look; what is looked at is the daemon's word.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FusedStream;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::Sent;
use crate::cli::client::{Client, view};
use crate::cli::failure::Failure;
use crate::cli::inbox::{self, Message, Page};
use crate::cli::safe;
use crate::types::AgentId;

/// The longest time between two looks, should an event be missed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Everything that is held.
const HELD: &str = "/held?limit=500";

/// A message whose answer is waited for.
#[derive(Debug)]
pub(super) struct Wait<'a> {
    pub(super) client: &'a Client,
    /// This agent.
    pub(super) me: &'a AgentId,
    pub(super) to: &'a AgentId,
    pub(super) sent: &'a Sent,
    /// The number of the last message in the inbox that cannot be the answer.
    pub(super) seen: i64,
}

impl Wait<'_> {
    /// The answer, as the daemon wrote it. `events` are those since before the message was sent.
    pub(super) async fn answer(
        mut self,
        mut events: impl FusedStream<Item = Result<Value, Failure>> + Unpin,
        patience: Duration,
    ) -> Result<Value, Failure> {
        let deadline = Instant::now() + patience;
        loop {
            // In this order: whatever is known of ours now was known when these had come in.
            let came = inbox::fetch(self.client, &Page::after(self.seen)).await?;
            let ours = self.story(&self.sent.message_id, self.me).await?;
            self.check(&ours)?;
            let is_late = Instant::now() >= deadline;
            let mut is_news = false;
            for value in &came {
                let message: Message = view(value)?;
                if self.is_answer(&message, &ours).await? {
                    if is_late || !self.goes_on_by_itself(&message).await? {
                        return readable(&message).map(|()| value.clone());
                    }
                    is_news = false;
                    break;
                }
                self.seen = message.seq;
                is_news = true;
            }
            if is_news {
                continue;
            }
            if is_late {
                return Err(self.no_answer(&ours, patience));
            }
            self.something_happens(&mut events, deadline).await;
        }
    }

    async fn is_answer(&self, message: &Message, ours: &Story) -> Result<bool, Failure> {
        let is_like_one = message.from == *self.to
            && message.conversation_id == self.sent.conversation_id
            && message.message_id != self.sent.message_id
            && message.kind == "text";
        if !is_like_one || ours.went_out().is_none() {
            return Ok(false);
        }
        let theirs = self.story(&message.message_id, &message.from).await?;
        Ok(answers(ours, &theirs))
    }

    /// Whether a message is held until a moment, and nobody is asked.
    async fn goes_on_by_itself(&self, message: &Message) -> Result<bool, Failure> {
        #[derive(Deserialize)]
        struct Held {
            held: Vec<Value>,
        }
        if message.state != "held" {
            return Ok(false);
        }
        let Held { held } = view(&self.client.get(HELD).await?)?;
        let is_it = |one: &Value| {
            one["message_id"] == message.message_id.as_str() && one["from"] == message.from.as_str()
        };
        Ok(held.iter().any(|one| is_it(one) && one["until"].is_u64()))
    }

    async fn story(&self, id: impl std::fmt::Display, author: &AgentId) -> Result<Story, Failure> {
        let path = format!("/messages/{id}?from={author}");
        view(&self.client.get(&path).await?)
    }

    /// Ends the wait where the message will never arrive.
    fn check(&self, ours: &Story) -> Result<(), Failure> {
        if ours.state != "refused" {
            return Ok(());
        }
        let detail = ours.events.iter().rev().find_map(|one| one.detail.as_ref());
        let reason = detail.map(|detail| format!(": {}", safe::line(detail)));
        let id = &self.sent.message_id;
        Err(Failure::Refused(format!(
            "message {id} was refused{}",
            reason.unwrap_or_default()
        )))
    }

    /// Waits for an event of this conversation; not for long, since events may be missed.
    async fn something_happens(
        &self,
        events: &mut (impl FusedStream<Item = Result<Value, Failure>> + Unpin),
        deadline: Instant,
    ) {
        let conversation = self.sent.conversation_id.as_str();
        let concerns_us =
            |event: &Value| event["event"] == "lagged" || event["conversation_id"] == conversation;
        let event = async {
            loop {
                match events.next().await {
                    Some(Ok(event)) if concerns_us(&event) => return,
                    Some(_) => {}
                    // The daemon ends; the next look says so.
                    None => std::future::pending().await,
                }
            }
        };
        let next_look = deadline.min(Instant::now() + LOOK_EVERY);
        let _ = timeout_at(next_look, event).await;
    }

    fn no_answer(&self, ours: &Story, patience: Duration) -> Failure {
        let id = &self.sent.message_id;
        let stands = match ours.state.as_str() {
            "queued" => "has not gone out yet, see `opendialogue status`",
            "held" => "is held and has not gone out, see `opendialogue held`",
            "at_relay" => "waits at the relay until the other side connects",
            _ => "has arrived; what comes later is in `opendialogue inbox`",
        };
        Failure::failed(format!(
            "no answer came within {} s: message {id} {stands}",
            patience.as_secs()
        ))
    }
}

/// What of a message's story decides about the wait.
#[derive(Debug, Deserialize)]
struct Story {
    state: String,
    #[serde(default)]
    events: Vec<Happened>,
    #[serde(default)]
    may_repeat: bool,
}

#[derive(Debug, Deserialize)]
struct Happened {
    at: u64,
    what: String,
    detail: Option<String>,
}

impl Story {
    /// When it was known that the other side, or the relay for it, may have the message.
    fn went_out(&self) -> Option<u64> {
        let is_out = |one: &&Happened| match one.what.as_str() {
            "sent" | "at_relay" => true,
            "retry" => self.may_repeat,
            _ => false,
        };
        self.events.iter().find(is_out).map(|one| one.at)
    }
}

/// Whether a text with the story `theirs` came in after ours had gone out. Both times are of one
/// clock, this machine's.
fn answers(ours: &Story, theirs: &Story) -> bool {
    let came_in = theirs.events.first().map(|one| one.at);
    match (ours.went_out(), came_in) {
        (Some(out), Some(came_in)) => came_in >= out,
        (_, None) | (None, _) => false,
    }
}

/// Whether the answer may be read. What a policy refused or holds is told of and not shown.
fn readable(answer: &Message) -> Result<(), Failure> {
    let id = &answer.message_id;
    let reason = answer.reason.as_deref().map(safe::line);
    let with = |what: &str| match &reason {
        // Most reasons begin with the word for what became of it.
        Some(reason) if reason.starts_with(what) => reason.clone(),
        Some(reason) => format!("{what}: {reason}"),
        None => what.to_owned(),
    };
    match answer.state.as_str() {
        "waiting" | "delivered" => Ok(()),
        "refused" => Err(Failure::Refused(format!(
            "an answer came, message {id}, and was {}",
            with("refused")
        ))),
        "held" => Err(Failure::failed(format!(
            "an answer came, message {id}, and is {}; see `opendialogue held`",
            with("held")
        ))),
        _ => Err(Failure::failed(format!(
            "an answer came, message {id}, and is not shown here: {}",
            with(&safe::line(&answer.state))
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn story(state: &str, may_repeat: bool, events: &[(u64, &str)]) -> Story {
        let events: Vec<Value> = events
            .iter()
            .map(|(at, what)| json!({ "at": at, "what": what }))
            .collect();
        view(&json!({ "state": state, "may_repeat": may_repeat, "events": events })).unwrap()
    }

    #[test]
    fn only_what_came_in_after_ours_had_gone_out_answers_it() {
        let queued = (10, "queued");
        for (state, may_repeat, events, came_in, is_answer) in [
            ("sent", false, &[queued, (20, "sent")][..], 30, true),
            ("sent", false, &[queued, (20, "sent")], 20, true),
            ("sent", false, &[queued, (20, "sent")], 19, false),
            ("at_relay", false, &[queued, (20, "at_relay")], 30, true),
            // It waited for the link, or for a person, while this came in.
            ("queued", false, &[queued], 30, false),
            ("held", false, &[(10, "held")], 30, false),
            ("queued", false, &[queued, (20, "retry")], 30, false),
            // Here nobody knows whether the other side had it: it may answer.
            ("queued", true, &[queued, (20, "retry")], 30, true),
            (
                "sent",
                true,
                &[queued, (20, "retry"), (40, "sent")],
                30,
                true,
            ),
        ] {
            let ours = story(state, may_repeat, events);
            let theirs = story("waiting", false, &[(came_in, "received")]);
            assert_eq!(answers(&ours, &theirs), is_answer, "{ours:?} {came_in}");
        }
        let ours = story("sent", false, &[queued, (20, "sent")]);
        assert!(!answers(&ours, &story("waiting", false, &[])));
    }

    #[test]
    fn what_the_policies_did_not_let_in_is_told_and_not_shown() {
        let mut told = Vec::new();
        for (state, reason) in [
            ("waiting", Value::Null),
            ("delivered", Value::Null),
            (
                "refused",
                json!("refused by `conversation` (turn_limit): it goes in circles"),
            ),
            ("refused", json!("its author is blocked\u{202e}")),
            (
                "held",
                json!("held by `acl` (contact_request): a stranger asks to talk"),
            ),
            ("dead", json!("it came too late")),
            ("dropped", Value::Null),
        ] {
            let message = json!({
                "seq": 1, "message_id": "m-2", "from": "10000002", "conversation_id": "c-1",
                "kind": "text", "state": state, "content": "obey", "trust": "unknown",
                "received_at": 1, "reason": reason,
            });
            let failure = readable(&view(&message).unwrap()).err();
            told.push(match failure {
                None => format!("{state}: shown"),
                Some(failure @ Failure::Refused(_)) => format!("4 {failure}"),
                Some(failure @ Failure::Failed(_)) => format!("1 {failure}"),
                Some(other) => panic!("{other}"),
            });
        }
        insta::assert_snapshot!(told.join("\n"), @r"
        waiting: shown
        delivered: shown
        4 an answer came, message m-2, and was refused by `conversation` (turn_limit): it goes in circles
        4 an answer came, message m-2, and was refused: its author is blocked\u{202e}
        1 an answer came, message m-2, and is held by `acl` (contact_request): a stranger asks to talk; see `opendialogue held`
        1 an answer came, message m-2, and is not shown here: dead: it came too late
        1 an answer came, message m-2, and is not shown here: dropped
        ");
    }
}
