//! `opendialogue send`: a message by the daemon, and its answer where that is waited for.

mod wait;

use std::io::{self, Read};
use std::pin::pin;
use std::time::Duration;

use axum::http::Method;
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::{Client, view};
use super::failure::Failure;
use super::inbox::{self, Message, Page};
use super::{Context, print, safe};
use crate::types::{AgentId, ConversationId, MessageId};
use wait::Wait;

/// More than any message has, in bytes: 2,000 UTF-16 units are at most 6,000 bytes of UTF-8.
const MAX_TEXT_BYTES: u64 = 64 * 1024;

/// Send a message to another agent
///
/// The answer `queued` means that the message is stored and will be sent; `messages ID` tells what
/// became of it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The receiver
    #[arg(long, value_name = "ID")]
    to: AgentId,
    /// The conversation; without it, the present one with this agent or a new one
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// A session of this machine's agent that gets the answers in this conversation
    #[arg(long, value_name = "KEY")]
    reply_session: Option<String>,
    /// Sends once, however often it is given with the same words
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Wait for the answer and print it; 60 seconds unless told otherwise
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "60",
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    wait: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The text, or `-` for standard input, of which one newline at the end is dropped
    text: String,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let text = match self.text.as_str() {
            "-" => read_text(io::stdin().lock())?,
            text => text.to_owned(),
        };
        let client = context.client()?;
        match self.wait {
            None => self.send(&client, text).await,
            Some(seconds) => {
                self.send_and_wait(&client, text, Duration::from_secs(seconds))
                    .await
            }
        }
    }

    async fn send(&self, client: &Client, text: String) -> Result<(), Failure> {
        let answer = client.send(Method::POST, "/send", &self.body(text)).await?;
        match self.json {
            true => print::json(&answer),
            false => view::<Sent>(&answer)?.show(),
        }
    }

    async fn send_and_wait(
        &self,
        client: &Client,
        text: String,
        patience: Duration,
    ) -> Result<(), Failure> {
        // Before it is sent, so that nothing that follows is missed.
        let me = agent(client).await?;
        let events = pin!(client.events().await?.fuse());
        let seen = match self.idempotency_key {
            // It may have been sent before, and answered.
            Some(_) => 0,
            None => newest(client).await?,
        };
        let answer = client.send(Method::POST, "/send", &self.body(text)).await?;
        let sent: Sent = view(&answer)?;
        if !self.json {
            sent.show()?;
        }
        let wait = Wait {
            client,
            me: &me,
            to: &self.to,
            sent: &sent,
            seen,
        };
        let reply = wait.answer(events, patience).await?;
        if self.json {
            return print::json(&json!({ "sent": answer, "answer": reply }));
        }
        print::line(view::<Message>(&reply)?.shown())
    }

    fn body(&self, text: String) -> Value {
        let mut body = Map::new();
        body.insert("to".to_owned(), self.to.as_str().into());
        body.insert("content".to_owned(), text.into());
        for (name, value) in [
            (
                "conversation_id",
                self.conversation.as_ref().map(ConversationId::as_str),
            ),
            ("reply_session", self.reply_session.as_deref()),
            ("idempotency_key", self.idempotency_key.as_deref()),
        ] {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.into());
            }
        }
        Value::Object(body)
    }
}

/// The daemon's answer to a message.
#[derive(Debug, Deserialize)]
struct Sent {
    message_id: MessageId,
    conversation_id: ConversationId,
    state: String,
}

impl Sent {
    fn show(&self) -> Result<(), Failure> {
        let Self {
            message_id,
            conversation_id,
            state,
        } = self;
        let state = safe::line(state);
        print::line(format_args!(
            "{state}: message {message_id} in conversation {conversation_id}"
        ))
    }
}

/// This agent.
async fn agent(client: &Client) -> Result<AgentId, Failure> {
    #[derive(Deserialize)]
    struct Status {
        agent_id: AgentId,
    }
    Ok(view::<Status>(&client.get("/status").await?)?.agent_id)
}

/// The number of the newest message in the inbox.
async fn newest(client: &Client) -> Result<i64, Failure> {
    let last = inbox::fetch(client, &Page::newest(1)).await?.pop();
    Ok(match last {
        Some(value) => view::<Message>(&value)?.seq,
        None => 0,
    })
}

/// Reads a text to send: UTF-8, and the newline that ends every piped line is no part of it.
fn read_text(input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    input.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        let sentence =
            "the text on standard input is too long: a message has at most 2,000 characters";
        return Err(Failure::Words(sentence.to_owned()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Words("the text on standard input is not UTF-8".to_owned()))?;
    let without = text
        .strip_suffix('\n')
        .map(|text| text.strip_suffix('\r').unwrap_or(text));
    Ok(without.unwrap_or(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_at_the_end_of_standard_input_is_dropped() {
        for (input, text) in [
            ("hello\n", "hello"),
            ("hello\r\n", "hello"),
            ("hello", "hello"),
            ("hello\n\n", "hello\n"),
            (" two\nlines ", " two\nlines "),
            ("\n", ""),
            ("$(reboot) `x` \"y\"\n", "$(reboot) `x` \"y\""),
        ] {
            assert_eq!(read_text(input.as_bytes()).unwrap(), text, "{input:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let long = "x".repeat(64 * 1024 + 1);
        for (input, word) in [(&b"\xff\xfe"[..], "UTF-8"), (long.as_bytes(), "too long")] {
            let failure = read_text(input).unwrap_err();
            assert!(matches!(&failure, Failure::Words(sentence) if sentence.contains(word)));
        }
    }
}
