//! What was said in a conversation, for those who said it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Trouble;
use super::signed::Signed;
use crate::relay::conversation::Side;
use crate::relay::node::Node;
use crate::relay::store::{History, HistoryQuery, Said};
use crate::types::{AgentId, ConversationId};

/// How many messages are given where the caller names no number, and at most.
const LAST_UNNAMED: u32 = 50;
const LAST_MAX: u32 = 500;

/// How many bytes of content one answer has at most, but for a single message that is longer; the
/// escapes of JSON make it six times as much at worst.
const CONTENT_BYTES_MAX: usize = 512 * 1024;

#[derive(Debug, Deserialize)]
struct Asked {
    last: Option<u32>,
    peer: Option<AgentId>,
}

/// `GET /api/conversation/:id/history?last=N`, with `&peer=ID` where the caller holds conversations
/// with several peers under one id.
pub(super) async fn read(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    uri: Uri,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = ConversationId::new(&id).map_err(|_| Trouble::NotFound)?;
    let Query(asked) = Query::<Asked>::try_from_uri(&uri)
        .map_err(|_| Trouble::Malformed("`last` is a number, `peer` an agent's id"))?;
    let query = HistoryQuery {
        id,
        participant: signed.caller,
        peer: asked.peer,
        last: asked.last.unwrap_or(LAST_UNNAMED).min(LAST_MAX),
        bytes: CONTENT_BYTES_MAX,
    };
    let history = node.store.history(query).await?.ok_or(Trouble::NotFound)?;
    Ok(Json(render(&history)).into_response())
}

fn render(history: &History) -> Value {
    let (key, conversation) = (&history.key, &history.conversation);
    let ended_by = conversation.closed.map(|closed| match closed.by {
        Side::Low => &key.low,
        Side::High => &key.high,
    });
    let messages: Vec<Value> = history.messages.iter().map(render_message).collect();
    json!({
        "conversation": {
            "conversation_id": key.id,
            "participants": [key.low, key.high],
            "turn_count": conversation.turns,
            "max_turns": conversation.limit,
            "last_activity": conversation.last,
            "ended_by": ended_by,
        },
        "messages": messages,
        "total": history.total,
    })
}

fn render_message(said: &Said) -> Value {
    let message = &said.message;
    let mut rendered = json!({
        "id": message.id,
        "from": message.from,
        "to": message.to,
        "type": message.kind,
        "content": message.content,
        "conversation_id": message.conversation,
        "timestamp": said.at,
    });
    if let Some(turn) = message.turn {
        rendered["turn_number"] = json!(turn);
    }
    rendered
}
