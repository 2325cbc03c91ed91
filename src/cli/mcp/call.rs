//! What each tool does: checks its arguments, asks the daemon, and tells the answer twice, as text and
//! as what it is made of.
//!
//! A message's text comes from the daemon behind its fence and is passed on as it is. What else a peer
//! chose (ids, a card) stands on one line.

mod peers;

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::Method;
use rmcp::model::JsonObject;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::tools::{self, Tool};
use crate::cli::client::{Client, view};
use crate::cli::failure::Failure;
use crate::cli::messages::{Happened, Verdict};
use crate::cli::status::Status;
use crate::cli::{Context, safe};
use crate::types::digest::encode_hex;
use crate::types::{AgentId, ConversationId, MessageId};

/// What a tool answers.
#[derive(Debug)]
pub(super) struct Told {
    /// For a model.
    pub(super) text: String,
    /// For a program, or for a model that reads that.
    pub(super) structured: Value,
}

/// Calls `tool`.
pub(super) async fn run(
    tool: Tool,
    arguments: Option<JsonObject>,
    context: &Context,
) -> Result<Told, Failure> {
    match tool {
        Tool::Send => send(read(arguments)?, &context.client()?).await,
        Tool::Inbox => inbox(read(arguments)?, &context.client()?).await,
        Tool::Message => message(read(arguments)?, &context.client()?).await,
        Tool::Peers => peers::peers(read(arguments)?, &context.client()?).await,
        Tool::Status => {
            let Nothing {} = read(arguments)?;
            status(&context.client()?).await
        }
    }
}

fn read<T: DeserializeOwned>(arguments: Option<JsonObject>) -> Result<T, Failure> {
    let arguments = Value::Object(arguments.unwrap_or_default());
    serde_json::from_value(arguments).map_err(|error| Failure::Words(error.to_string()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sending {
    to: AgentId,
    text: String,
    conversation_id: Option<ConversationId>,
    idempotency_key: Option<String>,
}

async fn send(sending: Sending, client: &Client) -> Result<Told, Failure> {
    #[derive(Deserialize)]
    struct Sent {
        message_id: MessageId,
        conversation_id: ConversationId,
        state: String,
    }
    let mut body = Map::new();
    body.insert("to".to_owned(), json!(sending.to));
    body.insert("content".to_owned(), json!(sending.text));
    if let Some(conversation) = sending.conversation_id {
        body.insert("conversation_id".to_owned(), json!(conversation));
    }
    // Without a key nobody could send it again after an answer that never came.
    let key = match sending.idempotency_key {
        Some(key) => key,
        None => fresh_key()?,
    };
    body.insert("idempotency_key".to_owned(), json!(key));
    let structured = client
        .send(Method::POST, "/send", &Value::Object(body))
        .await
        .map_err(|failure| unknown_whether_taken(failure, &key))?;
    let sent: Sent = view(&structured)?;
    let meaning = match sent.state.as_str() {
        "queued" => "It is stored and will be sent; `message` tells later whether it arrived.",
        "held" => "A policy keeps it for a person: tell the owner.",
        _ => "",
    };
    let text = format!(
        "{}: message {} in conversation {}\n{meaning}",
        safe::line(&sent.state),
        sent.message_id,
        sent.conversation_id
    );
    Ok(Told { text, structured })
}

fn fresh_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::failed(format!("the system gives no randomness: {error}")))?;
    Ok(encode_hex(&bytes))
}

/// What a failure leaves open, and how it is found out: `key` makes a message of both tries one.
fn unknown_whether_taken(failure: Failure, key: &str) -> Failure {
    let with_key = |said: &dyn Display| {
        let key = safe::line(key);
        format!(
            "{said}; whether the message was taken is not known: the same arguments with the \
             idempotency_key `{key}` send it once, however often they are sent"
        )
    };
    match failure {
        Failure::NoDaemon(said) => Failure::NoDaemon(with_key(&said)),
        failure @ Failure::Failed(_) => Failure::failed(with_key(&failure)),
        failure @ (Failure::Words(_) | Failure::Refused(_) | Failure::OutputClosed) => failure,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Looking {
    after: Option<u32>,
    limit: Option<u32>,
    wait_seconds: Option<u32>,
}

async fn inbox(looking: Looking, client: &Client) -> Result<Told, Failure> {
    #[derive(Deserialize)]
    struct Inbox {
        messages: Vec<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        seq: i64,
        kind: String,
        state: String,
        fenced: String,
        reason: Option<String>,
    }
    let limit = within("limit", looking.limit, tools::INBOX_LIMIT)?;
    let limit = limit.unwrap_or(tools::INBOX_LIMIT_DEFAULT);
    let wait = within("wait_seconds", looking.wait_seconds, tools::WAIT_SECONDS)?.unwrap_or(0);
    let mut path = format!("/inbox?as=fenced&limit={limit}&wait={wait}");
    if let Some(after) = looking.after {
        path = format!("{path}&after={after}");
    }
    let structured = client
        .get_waiting(&path, Duration::from_secs(wait.into()))
        .await?;
    let inbox: Inbox = view(&structured)?;
    let Some(last) = inbox.messages.last() else {
        let text = "Nothing came in.".to_owned();
        return Ok(Told { text, structured });
    };
    let next = format!(
        "What comes after these is asked for with after={}.",
        last.seq
    );
    let told = inbox.messages.iter().map(|message| {
        let (kind, state) = (safe::line(&message.kind), safe::line(&message.state));
        let reason = message.reason.as_deref().map(safe::line);
        let reason = reason.map(|reason| format!(": {reason}"));
        format!(
            "#{} {kind}, {state}{}\n{}",
            message.seq,
            reason.unwrap_or_default(),
            message.fenced
        )
    });
    let told: Vec<String> = told.chain([next]).collect();
    let text = told.join("\n");
    Ok(Told { text, structured })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Naming {
    message_id: MessageId,
    from: Option<AgentId>,
}

async fn message(naming: Naming, client: &Client) -> Result<Told, Failure> {
    #[derive(Deserialize)]
    struct Story {
        message_id: MessageId,
        direction: String,
        from: AgentId,
        to: AgentId,
        conversation_id: ConversationId,
        kind: String,
        state: String,
        fenced: String,
        verdicts: Vec<Verdict>,
        events: Vec<Happened>,
        may_repeat: bool,
    }
    let from = naming.from.map(|from| format!("&from={from}"));
    let id = naming.message_id;
    let path = format!("/messages/{id}?as=fenced{}", from.unwrap_or_default());
    let structured = client.get(&path).await?;
    let story: Story = view(&structured)?;
    let (direction, kind) = (safe::line(&story.direction), safe::line(&story.kind));
    let mut told = vec![
        format!("message {}, {}", story.message_id, safe::line(&story.state)),
        format!(
            "  {direction} {kind} from {} to {} in conversation {}",
            story.from, story.to, story.conversation_id
        ),
    ];
    if story.may_repeat {
        told.push("  it may have come to its receiver twice".to_owned());
    }
    told.extend(story.verdicts.iter().map(Verdict::shown));
    told.extend(story.events.iter().map(Happened::shown));
    told.push(story.fenced);
    let text = told.join("\n");
    Ok(Told { text, structured })
}

async fn status(client: &Client) -> Result<Told, Failure> {
    let structured = client.get("/status").await?;
    let text = view::<Status>(&structured)?.shown();
    Ok(Told { text, structured })
}

/// A number within the bounds that the tool's schema says.
fn within(
    name: &str,
    number: Option<u32>,
    bounds: RangeInclusive<u32>,
) -> Result<Option<u32>, Failure> {
    match number {
        Some(number) if !bounds.contains(&number) => Err(Failure::Words(format!(
            "`{name}` is from {} to {}",
            bounds.start(),
            bounds.end()
        ))),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_answer_came_the_key_that_makes_two_tries_one_is_named() {
        for (failure, names_key) in [
            (Failure::NoDaemon("broke off".to_owned()), true),
            (Failure::failed("no daemon's answer"), true),
            (Failure::Words("`to` is no id".to_owned()), false),
            (Failure::Refused("blocked".to_owned()), false),
        ] {
            let (before, code) = (failure.to_string(), failure.exit_code());
            let after = unknown_whether_taken(failure, "k-1\u{202e}");
            assert!(after.to_string().starts_with(&before), "{after}");
            assert_eq!(after.to_string().contains("`k-1"), names_key, "{after}");
            assert!(!after.to_string().contains('\u{202e}'), "{after}");
            assert_eq!(after.exit_code(), code);
        }
    }
}
