//! `GET /outbox`: what was sent and what waits to be.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{Asking, check_limit};
use super::openapi::Operation;
use super::openapi::schema::listed;
use crate::daemon::Daemon;
use crate::daemon::view::OutboxMessage;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/outbox", get(outbox))
}

pub(super) fn described() -> Vec<Operation> {
    let outbox = listed("messages", "OutboxMessage");
    vec![
        Operation::get("/outbox", "What was sent, and what waits to be", outbox)
            .limited()
            .looks_back(),
    ]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    before: Option<i64>,
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Outbox {
    messages: Vec<OutboxMessage>,
}

async fn outbox(
    State(daemon): State<Daemon>,
    Asking(page): Asking<Page>,
) -> Result<Json<Outbox>, ApiError> {
    let limit = check_limit(page.limit)?;
    let messages = daemon.outbox(page.before, limit).await?;
    Ok(Json(Outbox { messages }))
}
