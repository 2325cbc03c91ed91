//! The relay's HTTP: one file for each resource, one way to say no, one proof of who calls.
//!
//! Registering and reading a card are open; everything else is signed like a connection, unless
//! `open_rest` restores version 1.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::map_response_with_state;
use axum::response::Response;
use axum::routing::{get, patch, post, put};
use http::HeaderValue;
use http::header::DATE;

use super::node::Node;
use super::upgrade;

mod agent;
mod body;
mod date;
mod history;
mod list;
mod message;
mod registrations;
mod signed;
mod trouble;

pub(super) use registrations::Registrations;
use trouble::Trouble;

/// Every route of the relay.
pub(super) fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/connect", get(upgrade::connect))
        .route("/api/agent/register", post(agent::register))
        .route("/api/agent/{id}", get(agent::read))
        .route("/api/agent/{id}/card", patch(agent::change))
        .route(
            "/api/agent/{id}/block",
            get(list::blocked).post(list::block).delete(list::unblock),
        )
        .route(
            "/api/agent/{id}/allow",
            get(list::allowed).post(list::allow).delete(list::disallow),
        )
        .route("/api/agent/{id}/allowlist-mode", put(list::set_mode))
        .route("/api/message", post(message::send))
        .route("/api/conversation/{id}/history", get(history::read))
        .fallback(async || Trouble::NotFound)
        .method_not_allowed_fallback(async || Trouble::MethodNotAllowed)
        .layer(map_response_with_state(Arc::clone(&node), set_date))
        .with_state(node)
}

/// Agents set their clocks by this header, so it is the time by which they are judged.
async fn set_date(State(node): State<Arc<Node>>, mut response: Response) -> Response {
    if let Ok(date) = HeaderValue::try_from(date::http_date(node.now())) {
        response.headers_mut().insert(DATE, date);
    }
    response
}
