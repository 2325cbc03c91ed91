//! Sending by a single call. The message passes the same checks as one that came over a socket;
//! the call's own signature stands in for the frame's.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;

use super::signed::Signed;
use super::{Trouble, body};
use crate::relay::conversation::Via;
use crate::relay::intake::{Sender, take_in};
use crate::relay::node::Node;
use crate::relay::parcel::{Origin, Settlement};
use crate::relay::random;
use crate::types::{AgentId, ConversationId, Kind, Message, MessageId, Nonce};
use crate::wire::MessageFrame;

/// How long a caller waits; a message is settled long before, unless a socket is stuck.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

const SHAPE: &str =
    "the body is `{\"from\", \"to\", \"content\", \"type\"?, \"conversation_id\"?}`";

#[derive(Debug, Deserialize)]
struct Draft {
    from: AgentId,
    to: AgentId,
    content: String,
    #[serde(rename = "type")]
    kind: Option<Kind>,
    conversation_id: Option<String>,
}

/// `POST /api/message`
pub(super) async fn send(
    State(node): State<Arc<Node>>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let draft: Draft = body::parse(&signed.body, SHAPE)?;
    signed.by(&draft.from)?;
    let now = node.now();
    let sender = node.directory.find(&draft.from, now).await?;
    let sender = sender.ok_or(Trouble::NotFound)?;
    let kind = draft.kind.unwrap_or(Kind::Text);
    let frame = MessageFrame {
        message: Message {
            id: MessageId::new(&random::hex::<16>()).map_err(|_| Trouble::Failed)?,
            from: draft.from,
            to: draft.to,
            kind,
            content: draft.content,
            conversation: conversation(draft.conversation_id.as_deref())?,
            turn: None,
            max_turns: None,
        },
        timestamp: now,
        nonce: Nonce::new(&random::hex::<16>()).map_err(|_| Trouble::Failed)?,
        signature: String::new(),
        delivered_at: None,
        received_at: None,
    };
    let by = Sender {
        resident: &sender,
        via: Via::Request,
        signature_holds: true,
        nonce_is_new: true,
    };
    let (tell, settled) = oneshot::channel();
    let answer = take_in(&node, by, Box::new(frame), Origin::Call(tell), now).await;
    let settlement = match answer {
        Some(settlement) => settlement,
        // Nobody settles what lives only for the moment.
        None if !kind.is_lasting() => Settlement::Sent,
        None => tokio::time::timeout(SETTLED_WITHIN, settled)
            .await
            .ok()
            .and_then(Result::ok)
            .unwrap_or(Settlement::Failed),
    };
    respond(settlement)
}

fn respond(settlement: Settlement) -> Result<Response, Trouble> {
    match settlement {
        Settlement::Sent => Ok(Json(json!({ "status": "sent" })).into_response()),
        Settlement::Queued { .. } => {
            let body = json!({ "status": "offline" });
            Ok((StatusCode::ACCEPTED, Json(body)).into_response())
        }
        Settlement::Rejected => {
            Ok(Json(json!({ "status": "rejected", "note": "not_accepted" })).into_response())
        }
        Settlement::MailboxFull => Err(Trouble::TooMany("mailbox_full")),
        Settlement::Refused(refusal) => Err(Trouble::Refused(refusal)),
        Settlement::Failed => Err(Trouble::Failed),
    }
}

fn conversation(id: Option<&str>) -> Result<Option<ConversationId>, Trouble> {
    match id {
        None | Some("") => Ok(None),
        Some(id) => ConversationId::new(id)
            .map(Some)
            .map_err(|_| Trouble::Malformed("`conversation_id` is not an id")),
    }
}
