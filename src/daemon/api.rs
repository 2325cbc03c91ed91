//! The daemon's local HTTP: JSON in and out on loopback, for people, scripts and our own commands.
//!
//! It decides nothing about messages: each file of `api/` turns one resource's requests into calls
//! of the [`Daemon`] and its answers into JSON. What a stranger may not even ask is decided before,
//! in `guard`. Connections are few and bounded, and so are headers, bodies and waiting.
//!
//! A new resource is a file with `routes` and `described` of its own, one line in [`router`] and one in
//! `openapi`; a route that shows no content and changes no trust is also listed as open in `guard`.

mod access;
mod agents;
mod conversations;
mod dead;
mod error;
mod events;
mod extract;
mod guard;
mod health;
mod held;
mod history;
mod inbox;
mod lists;
mod messages;
mod metrics;
mod openapi;
mod outbox;
mod page;
mod policies;
mod send;
mod serve;
mod status;
mod trust;

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use crate::daemon::Daemon;
use error::ApiError;
use guard::{Asked, Guard};

pub(super) use access::Access;
pub use serve::BindError;
pub(super) use serve::{bind, serve};

/// Everything that can be asked, behind `guard`.
fn router(daemon: Daemon, guard: Guard) -> Router {
    Router::new()
        .merge(agents::routes())
        .merge(conversations::routes())
        .merge(dead::routes())
        .merge(events::routes())
        .merge(health::routes())
        .merge(held::routes())
        .merge(history::routes())
        .merge(inbox::routes())
        .merge(lists::routes())
        .merge(messages::routes())
        .merge(metrics::routes())
        .merge(openapi::routes())
        .merge(outbox::routes())
        .merge(page::routes())
        .merge(policies::routes())
        .merge(send::routes())
        .merge(status::routes())
        .merge(trust::routes())
        .fallback(|| async { ApiError::no_route() })
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::new(guard), pass_guard))
        .with_state(daemon)
}

/// The header `Allow` is the router's own.
async fn wrong_method(path: MatchedPath) -> ApiError {
    ApiError::no_method(&openapi::methods_of(path.as_str()))
}

async fn pass_guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map(MatchedPath::as_str);
    let asked = Asked::of(&parts, route);
    let (judged, shown) = (guard.judge(&asked), guard.shown(&asked));
    let mut response = match judged {
        Ok(()) => {
            parts.extensions.insert(shown);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(denied) => ApiError::from(denied).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The page alone has others.
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ] {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
    response
}
