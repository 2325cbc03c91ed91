//! `POST /send`: a message for another agent, answered once it is durable.
//!
//! Sending needs no token, saying where the answers go does: who can name a session of the agent
//! decides into which of its talks a peer's text comes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde_json::json;

use super::error::ApiError;
use super::extract::Body;
use super::guard::Shown;
use super::openapi::Operation;
use super::openapi::schema::{object, refer};
use crate::daemon::Daemon;
use crate::daemon::view::{SendAnswer, SendRequest};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/send", post(send))
}

pub(super) fn described() -> Vec<Operation> {
    let key = json!({ "type": "string", "minLength": 1, "maxLength": 256 });
    let mut conversation = refer("Id");
    conversation["not"] = json!({ "pattern": "^[0-9]+$" });
    conversation["description"] = json!("Not digits alone.");
    let body = object(
        json!({
            "to": refer("Id"),
            "content": {
                "type": "string", "minLength": 1, "maxLength": 2000, "examples": ["hello"],
                "description": "1 to 2,000 UTF-16 units.",
            },
            "conversation_id": conversation,
            "turn_number": {
                "type": "integer", "minimum": 1, "description": "Taken and not used.",
            },
            "reply_session": key, "idempotency_key": key,
        }),
        &[
            "conversation_id",
            "turn_number",
            "reply_session",
            "idempotency_key",
        ],
    );
    vec![
        Operation::post("/send", "A message to another agent", refer("Sent"))
            .body(body)
            .answers(202)
            .refuses(403, &["the policy's word"])
            .refuses(409, &["conversation_ended", "key_reused"])
            .refuses(429, &["rate_limited"])
            .refuses(503, &["outbox_full"]),
    ]
}

async fn send(
    State(daemon): State<Daemon>,
    Extension(shown): Extension<Shown>,
    Body(request): Body<SendRequest>,
) -> Result<(StatusCode, Json<SendAnswer>), ApiError> {
    if request.reply_session.is_some() {
        let denied = |denied| ApiError::from(denied).about("`reply_session`");
        shown.check().map_err(denied)?;
    }
    let answer = daemon.send(request).await??;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
