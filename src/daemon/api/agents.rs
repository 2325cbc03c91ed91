//! `GET /agents/:id`: the card of an agent at the relay, and whether it is there now.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

use super::error::ApiError;
use super::extract::Part;
use crate::daemon::{Daemon, RelayAnswer, RelayCall};
use crate::types::AgentId;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/agents/{id}", get(agent))
}

async fn agent(
    State(daemon): State<Daemon>,
    Part(id): Part<AgentId>,
) -> Result<Json<Value>, ApiError> {
    let call = RelayCall {
        method: Method::GET,
        path: format!("/api/agent/{id}"),
        body: None,
    };
    ask_relay(&daemon, call).await
}

/// Passes `call` on to the relay, signed, and reads its answer.
pub(super) async fn ask_relay(daemon: &Daemon, call: RelayCall) -> Result<Json<Value>, ApiError> {
    let answer = daemon.relay_call(call).await?;
    read(answer).map(Json)
}

/// A relay's refusal must not look like one of ours: its 401 says nothing about our token.
fn read(answer: RelayAnswer) -> Result<Value, ApiError> {
    let sentence = || match answer.body.get("error").and_then(Value::as_str) {
        Some(error) => format!("the relay refused: {error}"),
        None => format!("the relay refused with status {}", answer.status),
    };
    match answer.status {
        200..=299 => Ok(answer.body),
        404 => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_agent",
            sentence(),
        )),
        429 => Err(ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "relay_busy",
            sentence(),
        )),
        500..=599 => Err(ApiError::new(
            StatusCode::BAD_GATEWAY,
            "relay_failed",
            sentence(),
        )),
        _ => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "relay_refused",
            sentence(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_relays_answer_is_passed_on_and_its_refusal_is_named_as_such() {
        let body = json!({ "error": "unknown agent" });
        for (status, expected) in [
            (200, 200),
            (202, 200),
            (400, 403),
            (401, 403),
            (403, 403),
            (404, 404),
            (429, 429),
            (500, 502),
            (503, 502),
            (302, 403),
        ] {
            let answer = RelayAnswer {
                status,
                body: body.clone(),
            };
            let response = read(answer).map(Json).into_response();
            assert_eq!(response.status().as_u16(), expected, "{status}");
        }
    }
}
