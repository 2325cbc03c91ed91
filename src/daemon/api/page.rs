//! `GET /` and `GET /page/FILE`: the local page, a handful of files built into the program.
//!
//! The files tell nothing of this daemon and so need no token; what they show they ask for like any
//! other caller, with the token that its reader gives them. Nothing of it comes from elsewhere, and
//! the headers here let it reach nothing else. What a peer wrote is only ever set as text.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::error::ApiError;
use super::openapi::Operation;
use crate::daemon::Daemon;
use crate::types::Digest;

/// What the page may do. It has no inline script or style, loads from here alone, is framed by
/// nobody, and no text can become markup or code: the sinks for that take nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
    // Kept, and asked for again each time: an upgrade shows at the next reload.
    (CACHE_CONTROL, "no-cache"),
];

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// A file of the page.
#[derive(Debug)]
struct File {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal: $kind:ident,)*) => {
        [$(File {
            name: $name,
            kind: $kind,
            bytes: include_bytes!(concat!("page/", $name)),
        },)*]
    };
}

/// Every file; the first is the page itself.
static FILES: [File; 18] = files![
    "index.html": HTML,
    "style.css": STYLE,
    "icon.svg": IMAGE,
    "theme.js": SCRIPT,
    "main.js": SCRIPT,
    "api.js": SCRIPT,
    "stream.js": SCRIPT,
    "dom.js": SCRIPT,
    "text.js": SCRIPT,
    "dialogs.js": SCRIPT,
    "overview.js": SCRIPT,
    "messages.js": SCRIPT,
    "story.js": SCRIPT,
    "waiting.js": SCRIPT,
    "peers.js": SCRIPT,
    "policies.js": SCRIPT,
    "charts.js": SCRIPT,
    "uplot-1.6.32.js": SCRIPT,
];

pub(super) fn routes() -> Router<Daemon> {
    Router::new()
        .route(
            "/",
            get(|headers: HeaderMap| async move { FILES[0].served(&headers) }),
        )
        .route("/page/{file}", get(file))
}

pub(super) fn described() -> Vec<Operation> {
    let file = json!({ "type": "string" });
    vec![
        Operation::get("/", "The local page", file.clone())
            .of_kind(HTML)
            .asks_nothing(),
        Operation::get("/page/{file}", "A file of the page", file)
            .of_kind("*/*")
            .refuses(404, &["not_found"])
            .asks_nothing(),
    ]
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match FILES.iter().find(|file| file.name == name) {
        Some(file) => file.served(&headers),
        None => ApiError::no_route().into_response(),
    }
}

impl File {
    fn served(&self, asked: &HeaderMap) -> Response {
        let etag = format!("\"{}\"", &Digest::of(self.bytes).to_string()[..32]);
        let known = asked
            .get(IF_NONE_MATCH)
            .is_some_and(|tags| tags.as_bytes() == etag.as_bytes());
        let mut response = match known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(CONTENT_TYPE, self.kind)], self.bytes).into_response(),
        };
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let etag = HeaderValue::try_from(etag).expect("hex in quotes is a header's value");
        headers.insert(ETAG, etag);
        response
    }
}

#[cfg(test)]
mod tests;
