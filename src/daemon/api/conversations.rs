//! `GET /conversations` and `POST /conversations/:id/end`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::ApiError;
use super::extract::{Asking, Part};
use super::openapi::Operation;
use super::openapi::schema::{count, list, object, refer, text};
use crate::daemon::Daemon;
use crate::daemon::view::{ConversationView, SendAnswer};
use crate::types::{AgentId, ConversationId};

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/conversations", get(conversations))
        .route("/conversations/{id}/end", post(end))
}

pub(super) fn described() -> Vec<Operation> {
    let conversation = object(
        json!({
            "conversation_id": refer("Id"), "peer": refer("Id"), "turns": count(), "turns_left": count(),
            "last_at": refer("Time"), "ended_at": refer("Time"),
            "ended_because": text("participant_ended"), "reply_session": text("agent:main:main"),
        }),
        &["ended_at", "ended_because", "reply_session"],
    );
    let conversations = object(json!({ "conversations": list(conversation) }), &[]);
    vec![
        Operation::get(
            "/conversations",
            "With whom, how many turns, whether ended",
            conversations,
        ),
        Operation::post(
            "/conversations/{id}/end",
            "Ends a conversation",
            refer("Sent"),
        )
        .query(
            "peer",
            refer("Id"),
            "The other agent, where several have one of this name.",
        )
        .answers(202)
        .refuses(403, &["the policy's word"])
        .refuses(404, &["not_found"])
        .refuses(409, &["conversation_ended", "ambiguous"])
        .refuses(429, &["rate_limited"])
        .refuses(503, &["outbox_full"]),
    ]
}

#[derive(Debug, Serialize)]
struct Conversations {
    conversations: Vec<ConversationView>,
}

async fn conversations(State(daemon): State<Daemon>) -> Result<Json<Conversations>, ApiError> {
    let conversations = daemon.conversations().await?;
    Ok(Json(Conversations { conversations }))
}

/// A conversation's id is meaningful with its peer; where two peers chose the same, the caller
/// names one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    peer: Option<AgentId>,
}

async fn end(
    State(daemon): State<Daemon>,
    Part(id): Part<ConversationId>,
    Asking(with): Asking<With>,
) -> Result<(StatusCode, Json<SendAnswer>), ApiError> {
    let answer = daemon.end_conversation(&id, with.peer.as_ref()).await??;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
