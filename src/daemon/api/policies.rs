//! `GET /policies`: the chain in force.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::error::ApiError;
use crate::daemon::Daemon;
use crate::policy::PolicyStatus;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/policies", get(policies))
}

#[derive(Debug, Serialize)]
struct Policies {
    policies: Vec<PolicyStatus>,
}

async fn policies(State(daemon): State<Daemon>) -> Result<Json<Policies>, ApiError> {
    let policies = daemon.status().await?.policies;
    Ok(Json(Policies { policies }))
}
