//! `opendialogue inbox`: what came in, oldest first.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::client::{Client, view};
use super::failure::Failure;
use super::{Context, print, safe, time};
use crate::types::{AgentId, ConversationId, MessageId, Trust};

/// Show what came in
///
/// The newest 50 messages, oldest first; with `--after`, those that came after that one.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only messages after the one of this number
    #[arg(long, value_name = "NUMBER")]
    after: Option<i64>,
    /// At most so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: Option<u32>,
    /// Where there is none, wait so long for one
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=60))]
    wait: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let page = Page {
            after: self.after,
            limit: self.limit,
            wait: Duration::from_secs(self.wait.unwrap_or(0)),
        };
        let messages = fetch(&client, &page).await?;
        if self.json {
            return print::json(&serde_json::json!({ "messages": messages }));
        }
        if messages.is_empty() {
            return print::line("nothing came in");
        }
        for value in &messages {
            print::line(view::<Message>(value)?.shown())?;
        }
        Ok(())
    }
}

/// Which part of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    after: Option<i64>,
    limit: Option<u32>,
    wait: Duration,
}

impl Page {
    /// What came after the message of this number.
    pub(super) fn after(seq: i64) -> Self {
        Self {
            after: Some(seq),
            limit: None,
            wait: Duration::ZERO,
        }
    }

    /// The newest `limit` messages.
    pub(super) fn newest(limit: u32) -> Self {
        Self {
            after: None,
            limit: Some(limit),
            wait: Duration::ZERO,
        }
    }

    /// The same, waiting up to `wait` for the first.
    pub(super) fn waiting(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    fn path(&self) -> String {
        let mut path = format!("/inbox?wait={}", self.wait.as_secs());
        if let Some(after) = self.after {
            path = format!("{path}&after={after}");
        }
        if let Some(limit) = self.limit {
            path = format!("{path}&limit={limit}");
        }
        path
    }
}

/// Reads a part of the inbox; each message as the daemon wrote it.
pub(super) async fn fetch(client: &Client, page: &Page) -> Result<Vec<Value>, Failure> {
    #[derive(Deserialize)]
    struct Inbox {
        messages: Vec<Value>,
    }
    let answer = client.get_waiting(&page.path(), page.wait).await?;
    Ok(view::<Inbox>(&answer)?.messages)
}

/// What is shown of a message that came in.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) seq: i64,
    pub(super) message_id: MessageId,
    pub(super) from: AgentId,
    pub(super) conversation_id: ConversationId,
    pub(super) kind: String,
    pub(super) state: String,
    content: String,
    #[serde(default)]
    content_bytes: u64,
    trust: Trust,
    received_at: u64,
    pub(super) reason: Option<String>,
}

impl Message {
    /// The message for a person: our own lines, and its text behind a margin.
    pub(super) fn shown(&self) -> String {
        let Self {
            seq,
            from,
            trust,
            message_id,
            conversation_id,
            ..
        } = self;
        let (kind, state) = (safe::kind(&self.kind), safe::line(&self.state));
        let at = time::moment(self.received_at);
        let head = format!(
            "#{seq} {at}  {kind}from {from} ({trust}), {state}\n    message {message_id} in conversation {conversation_id}"
        );
        let text = safe::text(&self.content, self.content_bytes, "    ");
        safe::entry(head, self.reason.as_deref(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_inbox_is_asked_for_in_the_words_of_the_api() {
        for (page, path) in [
            (
                Page::after(7).waiting(Duration::from_secs(2)),
                "/inbox?wait=2&after=7",
            ),
            (Page::newest(1), "/inbox?wait=0&limit=1"),
        ] {
            assert_eq!(page.path(), path);
        }
    }

    #[test]
    fn a_message_is_shown_with_its_text_behind_a_margin() {
        let message: Message = serde_json::from_value(serde_json::json!({
            "seq": 12, "message_id": "m-1", "from": "10000002", "conversation_id": "c-1",
            "kind": "text", "state": "held", "trust": "unknown", "received_at": 1_709_210_096_000u64,
            "content": "hello\n#13 from 10000001 (owner)\u{1b}[2J", "annotations": [],
            "reason": "a stranger\u{202e} asks", "attempts": 0,
        }))
        .unwrap();
        insta::assert_snapshot!(message.shown());
    }
}
