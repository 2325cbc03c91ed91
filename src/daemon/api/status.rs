//! `GET /status`: how the daemon is.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::error::ApiError;
use super::openapi::Operation;
use super::openapi::schema::{
    count, list, maybe_text, maybe_words, object, refer, text, words, yes_or_no,
};
use crate::daemon::view::Status;
use crate::daemon::{Daemon, GatewayTrouble};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/status", get(status))
}

pub(super) fn described() -> Vec<Operation> {
    let policies = list(refer("Policy"));
    let status = object(
        json!({
            "connected": yes_or_no(), "server_url": text("wss://relay.example/connect"),
            "agent_id": refer("Id"), "queue_size": count(), "gateway_ready": yes_or_no(),
            "uptime_seconds": count(), "max_turns_per_conversation": count(),
            "last_error": maybe_text("connection refused"), "version": text("0.1.0"),
            "inbox": count(), "outbox": count(), "held": count(), "dead": count(),
            "policies": policies, "policies_problem": maybe_text("policy `acl`: its file is empty"),
            "policy_cache_problem": maybe_text("compiled policies are not kept"),
            "waiting_for_restart": list(text("relay.url")),
            "link": words(&["connected", "connecting", "waiting", "refused", "replaced", "stopped"]),
            "relay_authenticates": { "type": ["boolean", "null"] },
            "clock_offset_ms": { "type": "integer" },
            "gateway_problem": maybe_text("the gateway answers 401"),
            "gateway_trouble": maybe_words(&GatewayTrouble::ALL.map(GatewayTrouble::as_str)),
            "relay_proof_lost": yes_or_no(),
            "inbox_problem": maybe_text("8123 of at most 10000 messages wait"),
            "notify_problem": maybe_text("`notifyTarget` is not set in the state file"),
            "disk": words(&["well", "full", "damaged"]),
            "database_problem": maybe_text("the disk of `daemon.db` is full"),
        }),
        &[],
    );
    vec![Operation::get("/status", "How the daemon is", status)]
}

async fn status(State(daemon): State<Daemon>) -> Result<Json<Status>, ApiError> {
    Ok(Json(daemon.status().await?))
}
