//! `/block`, `/allow` and `/allowlist-mode`: this agent's lists at the relay, which keeps them.
//!
//! Each request is checked here and passed on, signed; the relay's answer comes back as it is.

use axum::extract::State;
use axum::http::Method;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::agents::ask_relay;
use super::error::ApiError;
use super::extract::Body;
use super::openapi::Operation;
use super::openapi::schema::{object, refer, yes_or_no};
use crate::daemon::{Daemon, RelayCall};
use crate::types::AgentId;

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route("/block", get(blocked).post(block).delete(unblock))
        .route("/allow", get(allowed).post(allow).delete(disallow))
        .route("/allowlist-mode", put(switch))
}

pub(super) fn described() -> Vec<Operation> {
    // The relay's own answer, as it is.
    let call = |method, path, summary| {
        Operation::new(method, path, summary, json!({ "type": "object" })).passed_on()
    };
    let reason = json!({ "type": "string" });
    let block = object(
        json!({ "blocked_id": refer("Id"), "reason": reason }),
        &["reason"],
    );
    let unblock = object(json!({ "blocked_id": refer("Id") }), &[]);
    let allow = || object(json!({ "allowed_id": refer("Id") }), &[]);
    let mode = object(json!({ "enabled": yes_or_no() }), &[]);
    vec![
        call("get", "/block", "Whom the relay turns away"),
        call("post", "/block", "Has the relay turn an agent away").body(block),
        call("delete", "/block", "Takes that back").body(unblock),
        call("get", "/allow", "Whom the relay's allow list names"),
        call("post", "/allow", "Puts an agent on it").body(allow()),
        call("delete", "/allow", "Takes an agent off it").body(allow()),
        call(
            "put",
            "/allowlist-mode",
            "Whether only those on it may write",
        )
        .body(mode),
    ]
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    blocked_id: AgentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unblock {
    blocked_id: AgentId,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    allowed_id: AgentId,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowlistMode {
    enabled: bool,
}

async fn blocked(State(daemon): State<Daemon>) -> Result<Json<Value>, ApiError> {
    own(&daemon, Method::GET, "block", None::<()>).await
}

async fn block(
    State(daemon): State<Daemon>,
    Body(body): Body<Block>,
) -> Result<Json<Value>, ApiError> {
    own(&daemon, Method::POST, "block", Some(body)).await
}

async fn unblock(
    State(daemon): State<Daemon>,
    Body(body): Body<Unblock>,
) -> Result<Json<Value>, ApiError> {
    own(&daemon, Method::DELETE, "block", Some(body)).await
}

async fn allowed(State(daemon): State<Daemon>) -> Result<Json<Value>, ApiError> {
    own(&daemon, Method::GET, "allow", None::<()>).await
}

async fn allow(
    State(daemon): State<Daemon>,
    Body(body): Body<Allow>,
) -> Result<Json<Value>, ApiError> {
    own(&daemon, Method::POST, "allow", Some(body)).await
}

async fn disallow(
    State(daemon): State<Daemon>,
    Body(body): Body<Allow>,
) -> Result<Json<Value>, ApiError> {
    own(&daemon, Method::DELETE, "allow", Some(body)).await
}

async fn switch(
    State(daemon): State<Daemon>,
    Body(body): Body<AllowlistMode>,
) -> Result<Json<Value>, ApiError> {
    own(&daemon, Method::PUT, "allowlist-mode", Some(body)).await
}

/// Asks the relay for `what` of this agent itself.
async fn own(
    daemon: &Daemon,
    method: Method,
    what: &str,
    body: Option<impl Serialize>,
) -> Result<Json<Value>, ApiError> {
    let path = format!("/api/agent/{}/{what}", daemon.agent_id());
    let body = body.map(|body| serde_json::to_value(body).expect("a body is made of plain values"));
    ask_relay(daemon, RelayCall { method, path, body }).await
}
