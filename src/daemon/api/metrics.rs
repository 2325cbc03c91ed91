//! `GET /metrics`: what was counted, for Prometheus.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::TEXT_FORMAT;
use serde_json::json;

use super::error::ApiError;
use super::openapi::Operation;
use crate::daemon::Daemon;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/metrics", get(metrics))
}

pub(super) fn described() -> Vec<Operation> {
    let text = json!({ "type": "string" });
    vec![Operation::get("/metrics", "What was counted, for Prometheus", text).of_kind(TEXT_FORMAT)]
}

async fn metrics(State(daemon): State<Daemon>) -> Result<Response, ApiError> {
    let text = daemon.metrics().await?;
    Ok(([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response())
}
