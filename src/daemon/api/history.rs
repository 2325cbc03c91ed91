//! `GET /history`: what was counted in the last hour, by the minute.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use crate::daemon::Daemon;
use crate::daemon::view::History;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/history", get(history))
}

async fn history(State(daemon): State<Daemon>) -> Json<History> {
    Json(daemon.history())
}
