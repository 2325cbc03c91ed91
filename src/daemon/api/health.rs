//! `GET /healthz` and `GET /readyz`: for whatever starts and watches the daemon. They tell nothing
//! else, and need no token.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::error::ApiError;
use crate::daemon::Daemon;
use crate::daemon::view::Status;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

#[derive(Debug, Serialize)]
struct Fine {
    ok: bool,
}

async fn alive() -> Json<Fine> {
    Json(Fine { ok: true })
}

async fn ready(State(daemon): State<Daemon>) -> Result<Json<Fine>, ApiError> {
    match failing(&daemon.status().await?) {
        failing if failing.is_empty() => Ok(Json(Fine { ok: true })),
        failing => Err(ApiError::not_ready(failing)),
    }
}

fn failing(status: &Status) -> Vec<&'static str> {
    let parts = [
        ("link", status.connected),
        ("gateway", status.gateway_ready),
        ("database", status.database_problem.is_none()),
    ];
    parts
        .into_iter()
        .filter(|(_, works)| !works)
        .map(|(name, _)| name)
        .collect()
}
