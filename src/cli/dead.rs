//! `opendialogue dead`: what was given up, and what a person wants to become of it.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, view};
use super::failure::Failure;
use super::{Context, print, safe, time};
use crate::types::{AgentId, ConversationId, MessageId};

/// Show what was given up, and try it again or drop it
///
/// The newest 50 messages that were given up on the way to the agent, oldest first.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// At most so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: Option<u32>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
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

#[derive(Debug, clap::Args)]
struct Meant {
    /// The message
    #[arg(allow_hyphen_values = true)]
    id: MessageId,
    /// Its author, where messages of two agents with the same id were given up
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    from: Option<AgentId>,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let answer = match &self.verb {
            None => return self.list(&client).await,
            Some(Verb::Retry(meant)) => meant.ask(&client, "retry").await?,
            Some(Verb::Drop(meant)) => meant.ask(&client, "drop").await?,
        };
        let answered: Answered = view(&answer)?;
        match self.json {
            true => print::json(&answer)?,
            false => print::line(answered.shown())?,
        }
        match answered.state.as_str() {
            "refused" => Err(Failure::Refused("a policy refused the message".to_owned())),
            _ => Ok(()),
        }
    }

    async fn list(&self, client: &Client) -> Result<(), Failure> {
        let path = match self.limit {
            Some(limit) => format!("/dead?limit={limit}"),
            None => "/dead".to_owned(),
        };
        let answer = client.get(&path).await?;
        if self.json {
            return print::json(&answer);
        }
        let Dead { dead } = view(&answer)?;
        if dead.is_empty() {
            return print::line("nothing was given up");
        }
        dead.iter()
            .try_for_each(|message| print::line(message.shown()))
    }
}

impl Meant {
    async fn ask(&self, client: &Client, verb: &str) -> Result<Value, Failure> {
        let id = &self.id;
        let path = match &self.from {
            Some(from) => format!("/dead/{id}/{verb}?from={from}"),
            None => format!("/dead/{id}/{verb}"),
        };
        client.send(Method::POST, &path, &json!({})).await
    }
}

#[derive(Debug, Deserialize)]
struct Dead {
    dead: Vec<Message>,
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

#[derive(Debug, Deserialize)]
struct Answered {
    message_id: MessageId,
    state: String,
    reason: Option<String>,
}

impl Answered {
    fn shown(&self) -> String {
        let (id, state) = (&self.message_id, safe::line(&self.state));
        match &self.reason {
            Some(reason) => format!("message {id} is {state} now: {}", safe::line(reason)),
            None => format!("message {id} is {state} now"),
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn an_answer_says_where_the_message_is() {
        for (answer, shown) in [
            (
                json!({ "message_id": "m-1", "state": "waiting" }),
                "message m-1 is waiting now",
            ),
            (
                json!({ "message_id": "m-1", "state": "dropped", "reason": "by\u{202e} you" }),
                "message m-1 is dropped now: by\\u{202e} you",
            ),
        ] {
            assert_eq!(view::<Answered>(&answer).unwrap().shown(), shown);
        }
    }
}
