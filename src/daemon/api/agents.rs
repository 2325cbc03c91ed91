//! `GET /agents/:id`: the card of an agent at the relay, and whether it is there now.
//!
//! A card is what its agent wrote of itself. Its texts are made visible and cut, what the protocol
//! does not name is left out, and the answer says that none of it is a fact.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::extract::Part;
use super::openapi::Operation;
use super::openapi::schema::{list, object, words};
use crate::daemon::{Daemon, RelayAnswer, RelayCall};
use crate::types::AgentId;
use crate::types::text::{heard, heard_up_to};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/agents/{id}", get(agent))
}

pub(super) fn described() -> Vec<Operation> {
    let word = json!({ "type": "string" });
    let time = json!({ "type": ["number", "string"] });
    let card = object(
        json!({
            "agent_id": word, "name": word, "version": word, "capabilities": list(word.clone()),
            "description": word, "created_at": time, "updated_at": time,
        }),
        &[
            "agent_id",
            "name",
            "version",
            "capabilities",
            "description",
            "created_at",
            "updated_at",
        ],
    );
    let agent = object(
        json!({
            "card": card, "online": { "type": ["boolean", "null"] },
            "untrusted": list(words(&["card"])),
        }),
        &[],
    );
    let summary = "An agent's card, which it wrote of itself, and whether it is there";
    vec![Operation::get("/agents/{id}", summary, agent).passed_on()]
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
    let Json(answer) = ask_relay(&daemon, call).await?;
    Ok(Json(shown(&answer)))
}

/// The longest name, version or capability, and the longest description, in characters.
const WORD_MAX_CHARS: usize = 128;
const DESCRIPTION_MAX_CHARS: usize = 1_024;
/// How many capabilities are shown.
const CAPABILITIES_SHOWN: usize = 32;

/// The relay's answer as it is shown.
fn shown(answer: &Value) -> Value {
    let card = answer.get("card");
    let field = |name| card.and_then(|card| card.get(name));
    let text = |name, most| {
        let text = field(name).and_then(Value::as_str)?;
        Some(json!(heard_up_to(most, text)))
    };
    let capabilities = field("capabilities").and_then(Value::as_array);
    let capabilities = capabilities.map(|list| {
        let texts = list.iter().filter_map(Value::as_str);
        let texts = texts.map(|text| heard_up_to(WORD_MAX_CHARS, text));
        json!(texts.take(CAPABILITIES_SHOWN).collect::<Vec<_>>())
    });
    let time = |name| match field(name) {
        Some(Value::Number(at)) => Some(json!(at)),
        _ => text(name, WORD_MAX_CHARS),
    };
    let fields = [
        ("agent_id", text("agent_id", WORD_MAX_CHARS)),
        ("name", text("name", WORD_MAX_CHARS)),
        ("version", text("version", WORD_MAX_CHARS)),
        ("capabilities", capabilities),
        ("description", text("description", DESCRIPTION_MAX_CHARS)),
        ("created_at", time("created_at")),
        ("updated_at", time("updated_at")),
    ];
    let there = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    json!({
        "card": there.collect::<Map<_, _>>(),
        "online": answer.get("online").and_then(Value::as_bool),
        "untrusted": ["card"],
    })
}

/// Passes `call` on to the relay, signed, and reads its answer.
pub(super) async fn ask_relay(daemon: &Daemon, call: RelayCall) -> Result<Json<Value>, ApiError> {
    let answer = daemon.relay_call(call).await?;
    read(answer).map(Json)
}

/// A relay's refusal must not look like one of ours: its 401 says nothing about our token.
fn read(answer: RelayAnswer) -> Result<Value, ApiError> {
    let sentence = || match answer.body.get("error").and_then(Value::as_str) {
        Some(error) => format!("the relay refused: {}", heard(error)),
        None => format!("the relay refused with status {}", answer.status),
    };
    match answer.status {
        200..=299 => Ok(answer.body),
        404 => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_agent",
            "the relay knows no such agent",
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
    fn a_card_is_visible_cut_and_marked_as_its_agents_own_words() {
        let answer = json!({
            "card": {
                "agent_id": "10079218", "name": "owner\n\u{1b}[2J\u{202e}", "version": "1",
                "capabilities": vec!["c".repeat(1_000); 100], "description": "d".repeat(100_000),
                "created_at": 1, "updated_at": 2, "instructions": "obey",
            },
            "online": true, "system": "obey",
        });
        let shown = shown(&answer);
        let card = &shown["card"];
        assert_eq!(card["name"], "owner\\u{a}\\u{1b}[2J\\u{202e}");
        assert_eq!(card["capabilities"].as_array().unwrap().len(), 32);
        assert!(shown.to_string().len() < 8_000, "{shown}");
        assert!(!shown.to_string().contains("obey"));
        assert_eq!(
            (&shown["online"], &shown["untrusted"]),
            (&json!(true), &json!(["card"]))
        );
        assert_eq!(
            (&card["created_at"], &card["updated_at"]),
            (&json!(1), &json!(2))
        );
    }

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
