//! `GET /status`: how the daemon is.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use super::error::ApiError;
use crate::daemon::Daemon;
use crate::daemon::view::Status;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/status", get(status))
}

async fn status(State(daemon): State<Daemon>) -> Result<Json<Status>, ApiError> {
    Ok(Json(daemon.status().await?))
}
