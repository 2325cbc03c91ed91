//! An agent's two lists: whom it blocks, and whom alone it lets write while its allow list is on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::agent::own;
use super::signed::Signed;
use super::{Trouble, body};
use crate::relay::node::Node;
use crate::relay::store::{List, Listed};
use crate::types::AgentId;

/// How long a list may be.
const ENTRIES_MAX: usize = 1_000;

/// How long the reason for a block may be.
const REASON_MAX: usize = 512;

const BLOCK_SHAPE: &str = "the body is `{\"blocked_id\", \"reason\"?}`";
const ALLOW_SHAPE: &str = "the body is `{\"allowed_id\"}`";
const MODE_SHAPE: &str = "the body is `{\"enabled\": true or false}`";

#[derive(Debug, Deserialize)]
struct Block {
    blocked_id: AgentId,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Allow {
    allowed_id: AgentId,
}

#[derive(Debug, Deserialize)]
struct Mode {
    enabled: bool,
}

/// `POST /api/agent/:id/block`
pub(super) async fn block(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let block: Block = body::parse(&signed.body, BLOCK_SHAPE)?;
    if let Some(reason) = &block.reason {
        body::bounded(reason, REASON_MAX, "`reason` has at most 512 characters")?;
    }
    enlist(&node, List::Blocked, &id, block.blocked_id, block.reason).await
}

/// `DELETE /api/agent/:id/block`
pub(super) async fn unblock(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let block: Block = body::parse(&signed.body, BLOCK_SHAPE)?;
    delist(&node, List::Blocked, &id, &block.blocked_id).await
}

/// `GET /api/agent/:id/block`
pub(super) async fn blocked(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let listed = node.store.listed(List::Blocked, &id).await?;
    let blocklist: Vec<Value> = listed
        .iter()
        .map(|entry| {
            json!({
                "blocked_id": entry.peer,
                "reason": entry.reason,
                "created_at": entry.created_at,
            })
        })
        .collect();
    Ok(Json(json!({ "agent_id": id, "blocklist": blocklist })).into_response())
}

/// `POST /api/agent/:id/allow`
pub(super) async fn allow(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let allow: Allow = body::parse(&signed.body, ALLOW_SHAPE)?;
    enlist(&node, List::Allowed, &id, allow.allowed_id, None).await
}

/// `DELETE /api/agent/:id/allow`
pub(super) async fn disallow(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let allow: Allow = body::parse(&signed.body, ALLOW_SHAPE)?;
    delist(&node, List::Allowed, &id, &allow.allowed_id).await
}

/// `GET /api/agent/:id/allow`
pub(super) async fn allowed(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let record = node.store.agent(&id).await?.ok_or(Trouble::NotFound)?;
    let listed = node.store.listed(List::Allowed, &id).await?;
    let allowlist: Vec<Value> = listed
        .iter()
        .map(|entry| json!({ "allowed_id": entry.peer, "created_at": entry.created_at }))
        .collect();
    let body = json!({
        "agent_id": id,
        "allowlist_enabled": record.allowlist_enabled,
        "allowlist": allowlist,
    });
    Ok(Json(body).into_response())
}

/// `PUT /api/agent/:id/allowlist-mode`
pub(super) async fn set_mode(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let mode: Mode = body::parse(&signed.body, MODE_SHAPE)?;
    node.store.set_allowlist(&id, mode.enabled).await?;
    node.directory.refresh(&id, node.now()).await?;
    Ok(Json(json!({ "ok": true, "allowlist_enabled": mode.enabled })).into_response())
}

async fn enlist(
    node: &Node,
    list: List,
    id: &AgentId,
    peer: AgentId,
    reason: Option<String>,
) -> Result<Response, Trouble> {
    let entry = Listed {
        peer,
        reason,
        created_at: node.now(),
    };
    if !node.store.enlist(list, id, entry, ENTRIES_MAX).await? {
        return Err(Trouble::Full("the list holds 1000 agents, and no more"));
    }
    node.directory.refresh(id, node.now()).await?;
    Ok(Json(json!({ "ok": true })).into_response())
}

async fn delist(
    node: &Node,
    list: List,
    id: &AgentId,
    peer: &AgentId,
) -> Result<Response, Trouble> {
    node.store.delist(list, id, peer).await?;
    node.directory.refresh(id, node.now()).await?;
    Ok(Json(json!({ "ok": true })).into_response())
}
