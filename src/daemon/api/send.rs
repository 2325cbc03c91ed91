//! `POST /send`: a message for another agent, answered once it is durable.
//!
//! Sending needs no token, saying where the answers go does: who can name a session of the agent
//! decides into which of its talks a peer's text comes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json, Router};

use super::error::ApiError;
use super::extract::Body;
use super::guard::Shown;
use crate::daemon::Daemon;
use crate::daemon::view::{SendAnswer, SendRequest};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/send", post(send))
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
