//! `GET /conversations` and `POST /conversations/:id/end`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{Asking, Part};
use crate::daemon::Daemon;
use crate::daemon::view::{ConversationView, SendAnswer};
use crate::types::{AgentId, ConversationId};

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/conversations", get(conversations))
        .route("/conversations/{id}/end", post(end))
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
