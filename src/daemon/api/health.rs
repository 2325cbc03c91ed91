//! `GET /healthz` and `GET /readyz`: for whatever starts and watches the daemon. They tell nothing
//! else, and need no token.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use super::error::ApiError;
use super::openapi::Operation;
use super::openapi::schema::{done, object};
use crate::daemon::Daemon;
use crate::daemon::view::Status;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

pub(super) fn described() -> Vec<Operation> {
    let fine = || object(json!({ "ok": done() }), &[]);
    vec![
        Operation::get("/healthz", "Whether the process serves", fine()).asks_nothing(),
        Operation::get(
            "/readyz",
            "Whether relay, gateway and database are ready",
            fine(),
        )
        .refuses(503, &["not_ready"]),
    ]
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
