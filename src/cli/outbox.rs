//! `opendialogue outbox`: what was sent and what waits to be.

use serde::Deserialize;

use super::client::view;
use super::failure::Failure;
use super::{Context, print, safe, time};
use crate::types::{AgentId, ConversationId, MessageId};

/// Show what was sent and what waits to be
///
/// The newest 50 messages, oldest first.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// At most so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let path = match self.limit {
            Some(limit) => format!("/outbox?limit={limit}"),
            None => "/outbox".to_owned(),
        };
        let answer = context.client()?.get(&path).await?;
        if self.json {
            return print::json(&answer);
        }
        let outbox: Outbox = view(&answer)?;
        if outbox.messages.is_empty() {
            return print::line("nothing was sent");
        }
        outbox
            .messages
            .iter()
            .try_for_each(|message| print::line(message.shown()))
    }
}

#[derive(Debug, Deserialize)]
struct Outbox {
    messages: Vec<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    seq: i64,
    message_id: MessageId,
    to: AgentId,
    conversation_id: ConversationId,
    kind: String,
    state: String,
    content: String,
    #[serde(default)]
    content_bytes: u64,
    created_at: u64,
    reason: Option<String>,
}

impl Message {
    fn shown(&self) -> String {
        let Self {
            seq,
            to,
            message_id,
            conversation_id,
            ..
        } = self;
        let (kind, state) = (safe::kind(&self.kind), safe::line(&self.state));
        let at = time::moment(self.created_at);
        let head = format!(
            "#{seq} {at}  {kind}to {to}, {state}\n    message {message_id} in conversation {conversation_id}"
        );
        let text = safe::text(&self.content, self.content_bytes, "    ");
        safe::entry(head, self.reason.as_deref(), text)
    }
}
