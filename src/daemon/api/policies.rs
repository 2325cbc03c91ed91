//! `GET /policies`: the chain in force; `POST /policies/evaluate`: what it would do with a message.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::error::ApiError;
use super::extract::Body;
use crate::daemon::Daemon;
use crate::daemon::view::{EvaluateRequest, Evaluation};
use crate::policy::PolicyStatus;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/policies", get(policies))
        .route("/policies/evaluate", post(evaluate))
}

#[derive(Debug, Serialize)]
struct Policies {
    policies: Vec<PolicyStatus>,
}

async fn policies(State(daemon): State<Daemon>) -> Result<Json<Policies>, ApiError> {
    let policies = daemon.status().await?.policies;
    Ok(Json(Policies { policies }))
}

async fn evaluate(
    State(daemon): State<Daemon>,
    Body(request): Body<EvaluateRequest>,
) -> Result<Json<Evaluation>, ApiError> {
    Ok(Json(daemon.evaluate(request).await?))
}
