//! `POST /send`: a message for another agent, answered once it is durable.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};

use super::error::ApiError;
use super::extract::Body;
use crate::daemon::Daemon;
use crate::daemon::view::{SendAnswer, SendRequest};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/send", post(send))
}

async fn send(
    State(daemon): State<Daemon>,
    Body(request): Body<SendRequest>,
) -> Result<(StatusCode, Json<SendAnswer>), ApiError> {
    let answer = daemon.send(request).await??;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
