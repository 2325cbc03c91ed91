//! `opendialogue messages ID`: the story of one message.

use serde::Deserialize;

use super::client::view;
use super::failure::Failure;
use super::{Context, print, safe, time};
use crate::types::{AgentId, ConversationId, MessageId};

/// Tell the story of one message
///
/// Where it is, what each policy said of it, and what happened to it, in order.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The message
    id: MessageId,
    /// Its author, where two agents gave a message the same id
    #[arg(long, value_name = "ID")]
    from: Option<AgentId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let path = match &self.from {
            Some(from) => format!("/messages/{}?from={from}", self.id),
            None => format!("/messages/{}", self.id),
        };
        let answer = context.client()?.get(&path).await?;
        if self.json {
            return print::json(&answer);
        }
        print::line(view::<Story>(&answer)?.shown())
    }
}

#[derive(Debug, Deserialize)]
struct Story {
    message_id: MessageId,
    direction: String,
    from: AgentId,
    to: AgentId,
    conversation_id: ConversationId,
    kind: String,
    state: String,
    content: String,
    #[serde(default)]
    content_bytes: u64,
    #[serde(default)]
    annotations: Vec<Annotation>,
    #[serde(default)]
    verdicts: Vec<Verdict>,
    #[serde(default)]
    events: Vec<Happened>,
    #[serde(default)]
    may_repeat: bool,
}

#[derive(Debug, Deserialize)]
struct Annotation {
    policy: String,
    key: String,
    value: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Verdict {
    policy: String,
    digest: Option<String>,
    verdict: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Happened {
    at: u64,
    what: String,
    detail: Option<String>,
}

/// As much of a digest as tells two modules apart at a glance.
const DIGEST_SHOWN: usize = 12;

impl Story {
    fn shown(&self) -> String {
        let Self {
            message_id,
            from,
            to,
            conversation_id,
            ..
        } = self;
        let (direction, kind) = (safe::line(&self.direction), safe::line(&self.kind));
        let mut shown = vec![
            format!("message {message_id}, {}", safe::line(&self.state)),
            format!("  {direction} {kind} from {from} to {to} in conversation {conversation_id}"),
        ];
        if self.may_repeat {
            shown.push("  it may have come to its receiver twice".to_owned());
        }
        shown.extend(safe::text(&self.content, self.content_bytes, "  "));
        shown.extend(self.verdicts.iter().map(Verdict::shown));
        shown.extend(self.annotations.iter().map(Annotation::shown));
        shown.extend(self.events.iter().map(Happened::shown));
        shown.join("\n")
    }
}

impl Verdict {
    pub(super) fn shown(&self) -> String {
        let digest = self.digest.as_deref().unwrap_or_default();
        let digest: String = digest.chars().take(DIGEST_SHOWN).collect();
        let (policy, verdict) = (safe::line(&self.policy), safe::line(&self.verdict));
        format!("  policy {policy} said {verdict} ({})", safe::line(&digest))
    }
}

impl Annotation {
    fn shown(&self) -> String {
        let Self { policy, key, value } = self;
        format!(
            "  {} noted {}: {}",
            safe::line(policy),
            safe::line(key),
            safe::line(value)
        )
    }
}

impl Happened {
    pub(super) fn shown(&self) -> String {
        let detail = self
            .detail
            .as_deref()
            .map(|detail| format!(": {}", safe::line(detail)));
        let (at, what) = (time::moment(self.at), safe::line(&self.what));
        format!("  {at}  {what}{}", detail.unwrap_or_default())
    }
}
