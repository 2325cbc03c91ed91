//! `GET /healthz` and `GET /readyz`: for whatever starts and watches the daemon. They tell how each
//! part is in one word and nothing else, and need no token.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::error::ApiError;
use crate::daemon::Daemon;
use crate::daemon::view::Readiness;

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

async fn ready(State(daemon): State<Daemon>) -> Result<Response, ApiError> {
    let readiness = Readiness::of(&daemon.status().await?, daemon.disk());
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(readiness)).into_response())
}
