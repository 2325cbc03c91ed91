//! `GET /healthz` and `GET /readyz`: for whatever starts and watches the daemon. They tell how each
//! part is in one word and nothing else, and need no token.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use super::error::ApiError;
use super::openapi::Operation;
use super::openapi::schema::{done, object, words, yes_or_no};
use crate::daemon::Daemon;
use crate::daemon::view::Readiness;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

pub(super) fn described() -> Vec<Operation> {
    let fine = || object(json!({ "ok": done() }), &[]);
    let readiness = object(
        json!({
            "ready": yes_or_no(),
            "link": words(&["connected", "connecting", "waiting", "refused", "replaced", "stopped"]),
            "gateway": words(&["ready", "not_ready"]), "disk": words(&["well", "full", "damaged"]),
            "policies": words(&["ready", "outdated", "failing"]),
        }),
        &[],
    );
    vec![
        Operation::get("/healthz", "Whether the process serves", fine()).asks_nothing(),
        Operation::get(
            "/readyz",
            "Whether every part does its work",
            readiness.clone(),
        )
        .says_no(503, readiness),
    ]
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
