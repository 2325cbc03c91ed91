//! What the double answers: the order of checks and the words of the real one.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use super::run::{Admission, Wanted};
use super::{Asked, Line, Script, Settings, Shared, lock};

/// The key of a request that asks for the token alone.
const PROBE: &str = "od:probe";

const MAX_BODY: usize = 256 * 1024;
const MAX_WRONG_TRIES: usize = 20;
const WRONG_TRIES_KEPT: Duration = Duration::from_secs(60);
const PAGE: &str = "<!doctype html><html><title>OpenClaw Control</title></html>";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HookBody {
    message: Option<String>,
    name: Option<String>,
    deliver: Option<bool>,
    session_key: Option<String>,
    session_mode: Option<String>,
}

pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(line): Extension<Line>,
    request: Request<Body>,
) -> Response {
    let settings = lock(&shared.settings).clone();
    let path = request.uri().path().to_owned();
    let draining = *lock(&shared.draining);
    match path.as_str() {
        "/health" => Json(json!({"ok": true, "status": "live"})).into_response(),
        "/readyz" if draining => {
            let body = json!({"ready": false, "failing": ["draining"]});
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
        "/readyz" => Json(json!({"ready": true, "failing": []})).into_response(),
        _ if settings.enabled && path.starts_with(&settings.path) => {
            hook(&shared, &settings, &line, request).await
        }
        _ if request.method() == Method::GET => Html(PAGE).into_response(),
        _ => (StatusCode::NOT_FOUND, "Not Found").into_response(),
    }
}

async fn hook(
    shared: &Arc<Shared>,
    settings: &Settings,
    line: &Line,
    request: Request<Body>,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    if query.split('&').any(|pair| pair.starts_with("token=")) {
        return bad("the token goes into a header");
    }
    if request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed").into_response();
    }
    let authorized = is_authorized(request.headers(), &settings.token);
    let key = text(request.headers(), "idempotency-key");
    let is_probe = key.as_deref() == Some(PROBE);
    if is_probe {
        shared.probes.send_modify(|count| *count += 1);
    }
    if !authorized {
        if !is_probe {
            record(shared, key, authorized, HookBody::default());
        }
        return unauthorized(shared);
    }
    if request.uri().path() != format!("{}/agent", settings.path) {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    }
    let body = match timeout(settings.body_wait, to_bytes(request.into_body(), MAX_BODY)).await {
        Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "request body timeout"),
        Ok(Err(_)) => return refuse(StatusCode::PAYLOAD_TOO_LARGE, "payload too large"),
        Ok(Ok(body)) => body,
    };
    let read = serde_json::from_slice::<HookBody>(&body);
    if is_probe {
        return usual(shared, settings, key, read, body).await;
    }
    record(
        shared,
        key.clone(),
        authorized,
        read.as_ref().cloned().unwrap_or_default(),
    );
    let script = lock(&shared.script).pop_front();
    match script {
        None => {}
        Some(Script::RunAndAnswerLate(delay)) => {
            let answer = usual(shared, settings, key, read, body).await;
            sleep(delay).await;
            return answer;
        }
        Some(Script::HangUp) => {
            line.0.cancel();
            return std::future::pending().await;
        }
        Some(Script::RunAndHangUp) => {
            let _unheard = usual(shared, settings, key, read, body).await;
            line.0.cancel();
            return std::future::pending().await;
        }
        Some(Script::Answer {
            status,
            headers,
            body,
        }) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            return response;
        }
    }
    usual(shared, settings, key, read, body).await
}

async fn usual(
    shared: &Arc<Shared>,
    settings: &Settings,
    key: Option<String>,
    read: Result<HookBody, serde_json::Error>,
    body: Bytes,
) -> Response {
    if *lock(&shared.draining) {
        let body = json!({"ok": false, "error": {"code": "draining", "retryable": true}});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    }
    let Ok(read) = read else {
        return bad("invalid JSON");
    };
    let Some(message) = read.message.filter(|message| !message.is_empty()) else {
        return bad("message required");
    };
    if let Some(why) = read
        .session_key
        .as_deref()
        .and_then(|key| refused_key(settings, key))
    {
        return bad(why);
    }
    let wanted = Wanted {
        message,
        name: read.name,
        deliver: read.deliver,
        session_key: read.session_key,
        idempotency_key: key,
    };
    match shared.runs.admit(wanted, body, settings).await {
        Admission::Run(id) => Json(json!({"ok": true, "runId": id})).into_response(),
        Admission::Busy => refuse(StatusCode::SERVICE_UNAVAILABLE, "hook session busy"),
    }
}

fn refused_key(settings: &Settings, key: &str) -> Option<&'static str> {
    if !settings.allow_request_session_key {
        return Some("sessionKey is disabled for external /hooks/agent requests");
    }
    let prefixes = settings.allowed_session_key_prefixes.as_ref()?;
    let fits = prefixes.iter().any(|prefix| key.starts_with(prefix));
    (!fits).then_some("sessionKey must start with an allowed prefix")
}

/// Bearer wins over the older header.
fn is_authorized(headers: &HeaderMap, token: &str) -> bool {
    match text(headers, header::AUTHORIZATION.as_str()) {
        Some(bearer) => bearer.strip_prefix("Bearer ") == Some(token),
        None => text(headers, "x-openclaw-token").as_deref() == Some(token),
    }
}

fn unauthorized(shared: &Shared) -> Response {
    let now = Instant::now();
    let mut tries = lock(&shared.wrong_tries);
    tries.retain(|at| now.duration_since(*at) < WRONG_TRIES_KEPT);
    if tries.len() >= MAX_WRONG_TRIES {
        let retry_after = [(header::RETRY_AFTER, "60")];
        return (
            StatusCode::TOO_MANY_REQUESTS,
            retry_after,
            "Too Many Requests",
        )
            .into_response();
    }
    tries.push_back(now);
    (StatusCode::UNAUTHORIZED, "Unauthorized").into_response()
}

fn record(shared: &Shared, idempotency_key: Option<String>, authorized: bool, body: HookBody) {
    shared.asked.send_modify(|asked| {
        asked.push(Asked {
            idempotency_key,
            session_key: body.session_key,
            session_mode: body.session_mode,
            message: body.message,
            authorized,
        });
    });
}

fn bad(error: &str) -> Response {
    refuse(StatusCode::BAD_REQUEST, error)
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"ok": false, "error": error}))).into_response()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}
