//! `GET /policies`: the chain in force. `POST /policies/evaluate`: what it would do with a message.
//! `POST /policies/reload`: the chain that is wanted now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Serialize;
use serde_json::json;

use super::error::ApiError;
use super::extract::Body;
use super::guard::Shown;
use super::openapi::Operation;
use super::openapi::schema::{count, list, object, refer, text, words};
use crate::daemon::Daemon;
use crate::daemon::policies::own;
use crate::daemon::view::{EvaluateRequest, Evaluation};
use crate::policy::watch::told;
use crate::policy::{PolicyStatus, Reloaded};

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/policies", get(policies))
        .route("/policies/evaluate", post(evaluate))
        .route("/policies/reload", post(reload))
}

pub(super) fn described() -> Vec<Operation> {
    let problem = text("policy `acl`: its file is empty");
    let policies = object(
        json!({ "policies": list(refer("Policy")), "problem": problem }),
        &["problem"],
    );
    let loaded = object(
        json!({
            "changed": list(text("acl")), "policies": list(refer("Policy")),
            "waiting_for_restart": list(text("relay.url")),
        }),
        &[],
    );
    let tried = object(
        json!({
            "content": { "type": "string", "description": "At most 64 KiB." },
            "direction": refer("Direction"), "from": refer("Id"), "to": refer("Id"),
            "conversation_id": refer("Id"), "trust": refer("Trust"),
        }),
        &["direction", "from", "to", "conversation_id", "trust"],
    );
    let evaluation = object(
        json!({
            "verdict": words(&["pass", "rewrite", "reject", "hold"]), "content": text("hello"),
            "annotations": list(refer("Annotation")), "code": text("contact_request"),
            "reason": text("a stranger asks to talk"), "retry_after_ms": count(),
            "until": refer("Time"), "steps": list(refer("Step")),
        }),
        &["code", "reason", "retry_after_ms", "until"],
    );
    vec![
        Operation::get("/policies", "The policies in force", policies),
        Operation::post(
            "/policies/evaluate",
            "What they would do with a text",
            evaluation,
        )
        .body(tried)
        .refuses(429, &["busy"]),
        Operation::post("/policies/reload", "Loads every policy anew", loaded)
            .refuses(422, &["policies_not_loaded"]),
    ]
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
    Extension(shown): Extension<Shown>,
    Body(request): Body<EvaluateRequest>,
) -> Result<Json<Evaluation>, ApiError> {
    // Trying texts out would guess the daemon's secrets at a policy that knows them, as fast as it judges.
    if own::may_be_known_to(&daemon.policies()) {
        let denied =
            |denied| ApiError::from(denied).about("trying texts out where `secrets` judges");
        shown.check().map_err(denied)?;
    }
    Ok(Json(daemon.evaluate(request).await??))
}
