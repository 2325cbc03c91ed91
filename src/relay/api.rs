//! The relay's HTTP: one file for each resource, one way to say no, one proof of who calls.
//!
//! Registering, reading a card and asking how the relay is are open; everything else is signed like a
//! connection, unless `open_rest` restores version 1.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use http::HeaderValue;
use http::header::DATE;

use super::accept::Whence;
use super::node::Node;
use super::origin::is_trusted;
use super::upgrade;

mod addresses;
mod agent;
mod body;
mod date;
mod health;
mod history;
mod list;
mod message;
mod signed;
mod trouble;

pub(super) use addresses::Addresses;
use trouble::Trouble;

/// Every route of the relay.
pub(super) fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/connect", get(upgrade::connect))
        .route("/healthz", get(health::tell))
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
        .layer(from_fn(refuse_other_sites))
        .layer(map_response_with_state(Arc::clone(&node), set_date))
        .with_state(node)
}

/// A browser says by this header whose page asks. Nothing here is for a page of another site, which
/// could otherwise read through its visitors' network what the relay tells openly.
async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site");
    match site.map(HeaderValue::as_bytes) {
        None | Some(b"none" | b"same-origin") => next.run(request).await,
        Some(_) => Trouble::OtherSite.into_response(),
    }
}

/// How often one address may call without a proof in a minute.
const OPEN_CALLS_PER_MINUTE: u32 = 600;

/// Counts a call that nobody signed. This machine's own, and trusted proxies that name nobody, are
/// not counted: behind them stand many.
fn count_open_call(node: &Node, whence: Whence) -> Result<(), Trouble> {
    if whence.origin.is_loopback() || is_trusted(whence.origin, &node.settings.trusted_proxies) {
        return Ok(());
    }
    let calls = &node.open_calls;
    match calls.take(whence.origin, OPEN_CALLS_PER_MINUTE, node.now()) {
        true => Ok(()),
        false => Err(Trouble::TooMany("too many calls from this address")),
    }
}

/// Agents set their clocks by this header, so it is the time by which they are judged.
async fn set_date(State(node): State<Arc<Node>>, mut response: Response) -> Response {
    if let Ok(date) = HeaderValue::try_from(date::http_date(node.now())) {
        response.headers_mut().insert(DATE, date);
    }
    response
}
