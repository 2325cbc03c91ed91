//! `GET /metrics`: what was counted, for Prometheus.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::TEXT_FORMAT;

use super::error::ApiError;
use crate::daemon::Daemon;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(daemon): State<Daemon>) -> Result<Response, ApiError> {
    let text = daemon.metrics().await?;
    Ok(([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response())
}
