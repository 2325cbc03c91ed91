//! `GET /policies`: the chain in force. `POST /policies/evaluate`: what it would do with a message.
//! `POST /policies/reload`: the chain that is wanted now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::error::ApiError;
use super::extract::Body;
use crate::daemon::Daemon;
use crate::daemon::view::{EvaluateRequest, Evaluation};
use crate::policy::watch::told;
use crate::policy::{PolicyStatus, Reloaded};

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/policies", get(policies))
        .route("/policies/evaluate", post(evaluate))
        .route("/policies/reload", post(reload))
}

#[derive(Debug, Serialize)]
struct Policies {
    policies: Vec<PolicyStatus>,
    /// Why what is wanted is not in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Loaded {
    /// Those that differ from what was in force.
    changed: Vec<String>,
    policies: Vec<PolicyStatus>,
    /// The keys that take effect at a restart only.
    waiting_for_restart: Vec<String>,
}

async fn policies(State(daemon): State<Daemon>) -> Json<Policies> {
    Json(Policies {
        policies: daemon.policies(),
        problem: told(&daemon.policies_standing().faults),
    })
}

async fn reload(State(daemon): State<Daemon>) -> Result<Json<Loaded>, ApiError> {
    let changed = match daemon.reload_policies().await {
        Some(Reloaded::Published { changed }) => changed,
        Some(Reloaded::Unchanged) => Vec::new(),
        Some(Reloaded::Failed { faults }) => {
            let sentence = told(&faults).unwrap_or_default();
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(ApiError::new(status, "policies_not_loaded", sentence));
        }
        None => return Err(ApiError::stopping()),
    };
    Ok(Json(Loaded {
        changed,
        policies: daemon.policies(),
        waiting_for_restart: daemon.policies_standing().waiting_for_restart,
    }))
}

async fn evaluate(
    State(daemon): State<Daemon>,
    Body(request): Body<EvaluateRequest>,
) -> Result<Json<Evaluation>, ApiError> {
    Ok(Json(daemon.evaluate(request).await??))
}
