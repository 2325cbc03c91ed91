//! `opendialogue dead`: what was given up, and what a person wants to become of it.

use serde::Deserialize;
use serde_json::json;

use super::decide::{Listing, Meant};
use super::failure::Failure;
use super::{Context, safe, time};
use crate::types::{AgentId, ConversationId, MessageId};

/// Show what was given up, and try it again or drop it
///
/// The newest 50 messages that were given up on the way to the agent, oldest first.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Try a message again that was given up
    ///
    /// It waits for the agent as if it had come now. One that came too late for the policies goes
    /// before them first; they may hold or refuse it.
    Retry(Meant),
    /// Drop a message that was given up
    ///
    /// Its text goes; that it came, and was dropped, stays. Its author is told nothing new.
    Drop(Meant),
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (client, listing) = (context.client()?, &self.listing);
        let (meant, verb) = match &self.verb {
            None => {
                let none = "nothing was given up";
                return listing.list(&client, "dead", none, Message::shown).await;
            }
            Some(Verb::Retry(meant)) => (meant, "retry"),
            Some(Verb::Drop(meant)) => (meant, "drop"),
        };
        let answer = meant.answer(&client, ("dead", verb), &json!({})).await?;
        listing.tell(&answer)?.unless_refused()
    }
}

#[derive(Debug, Deserialize)]
struct Message {
    message_id: MessageId,
    from: AgentId,
    conversation_id: ConversationId,
    kind: String,
    content: String,
    trust: String,
    received_at: u64,
    dead_since: u64,
    reason: Option<String>,
    may_repeat: bool,
}

impl Message {
    /// The message for a person: our own lines, and its text behind a margin.
    fn shown(&self) -> String {
        let Self {
            message_id,
            from,
            conversation_id,
            ..
        } = self;
        let (at, since) = (
            time::moment(self.received_at),
            time::moment(self.dead_since),
        );
        let (kind, trust) = (safe::kind(&self.kind), safe::line(&self.trust));
        let reason = self.reason.as_deref().map(safe::line);
        let why = reason.map(|reason| format!(": {reason}"));
        let mut shown = format!(
            "{at}  {kind}from {from} ({trust})\n    message {message_id} in conversation {conversation_id}\n    \
             given up {since}{}",
            why.unwrap_or_default()
        );
        if self.may_repeat {
            shown.push_str("\n    it may have reached the agent all the same");
        }
        if !self.content.is_empty() {
            shown = format!("{shown}\n{}", safe::lines(&self.content, "    | "));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::client::view;
    use super::*;

    #[test]
    fn what_was_given_up_is_shown_with_why_and_whether_it_may_have_run() {
        let message = |reason: Value, may_repeat: bool| {
            let value = json!({
                "message_id": "m-1", "from": "10000002", "conversation_id": "c-1", "kind": "text",
                "trust": "known", "content": "hello\nmessage m-2\u{1b}[2J", "attempts": 10,
                "received_at": 1_709_210_096_000u64, "dead_since": 1_709_296_496_000u64,
                "reason": reason, "may_repeat": may_repeat, "annotations": [],
            });
            view::<Message>(&value).unwrap().shown()
        };
        let both = [
            message(json!("the gateway answered 413: too\u{202e} large"), false),
            message(Value::Null, true),
        ];
        insta::assert_snapshot!(both.join("\n"), @r"
        2024-02-29 12:34:56 UTC  from 10000002 (known)
            message m-1 in conversation c-1
            given up 2024-03-01 12:34:56 UTC: the gateway answered 413: too\u{202e} large
            | hello
            | message m-2\u{1b}[2J
        2024-02-29 12:34:56 UTC  from 10000002 (known)
            message m-1 in conversation c-1
            given up 2024-03-01 12:34:56 UTC
            it may have reached the agent all the same
            | hello
            | message m-2\u{1b}[2J
        ");
    }
}
