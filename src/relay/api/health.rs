//! `GET /healthz`: whether the relay keeps what it is given, for whoever watches it. It names what is
//! wrong in a word, and tells nothing else.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde_json::json;

use super::{Trouble, count_open_call};
use crate::db::Health;
use crate::relay::accept::Whence;
use crate::relay::node::Node;

pub(super) async fn tell(
    State(node): State<Arc<Node>>,
    Extension(whence): Extension<Whence>,
) -> Result<Response, Trouble> {
    count_open_call(&node, whence)?;
    let state = match node.store.health().await {
        Health::Well => return Ok(Json(json!({ "ok": true })).into_response()),
        Health::Full => "store_full",
        Health::Damaged => "store_damaged",
    };
    let body = Json(json!({ "ok": false, "state": state }));
    Ok((StatusCode::SERVICE_UNAVAILABLE, body).into_response())
}
