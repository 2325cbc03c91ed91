//! `GET /trust` and `POST /trust`: how far each peer is trusted, said by this agent's owner.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::ApiError;
use super::extract::Body;
use super::openapi::Operation;
use super::openapi::schema::{count, done, list, object, refer};
use crate::daemon::Daemon;
use crate::daemon::view::TrustView;
use crate::types::{AgentId, Trust};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/trust", get(levels).post(set))
}

pub(super) fn described() -> Vec<Operation> {
    let level = object(
        json!({
            "agent_id": refer("Id"), "level": refer("Trust"), "changed_at": refer("Time"),
        }),
        &[],
    );
    let levels = object(json!({ "trust": list(level) }), &[]);
    let change = object(
        json!({ "agent_id": refer("Id"), "level": refer("Trust") }),
        &[],
    );
    let changed = object(
        json!({
            "ok": done(), "agent_id": refer("Id"), "level": refer("Trust"), "refused": count(),
        }),
        &[],
    );
    vec![
        Operation::get("/trust", "How far each peer is trusted", levels),
        Operation::post("/trust", "Sets how far a peer is trusted", changed).body(change),
    ]
}

#[derive(Debug, Serialize)]
struct Levels {
    trust: Vec<TrustView>,
}

async fn levels(State(daemon): State<Daemon>) -> Result<Json<Levels>, ApiError> {
    let trust = daemon.trust().await?;
    Ok(Json(Levels { trust }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    agent_id: AgentId,
    level: Trust,
}

#[derive(Debug, Serialize)]
struct Changed {
    ok: bool,
    agent_id: AgentId,
    level: Trust,
    /// Messages of that peer, both ways, that were waiting and are refused by this.
    refused: usize,
}

async fn set(
    State(daemon): State<Daemon>,
    Body(change): Body<Change>,
) -> Result<Json<Changed>, ApiError> {
    let refused = daemon.set_trust(&change.agent_id, change.level).await?;
    Ok(Json(Changed {
        ok: true,
        agent_id: change.agent_id,
        level: change.level,
        refused,
    }))
}
