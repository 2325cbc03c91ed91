//! The schemas that several calls have in common: ids and times, messages in their boxes, policies.

use serde_json::{Map, Value, json};

use super::schema::{count, done, list, maybe_text, object, refer, text, words, yes_or_no};
use crate::types::{Direction, Kind, Trust};

pub(super) fn schemas() -> Value {
    let schemas: Map<String, Value> = [basic(), policies(), messages(), answers()]
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    schemas.into()
}

type Named = Vec<(&'static str, Value)>;

fn basic() -> Named {
    let kinds = Kind::ALL.map(Kind::as_str);
    let levels = Trust::ALL.map(Trust::as_str);
    let ways = [Direction::Inbound, Direction::Outbound].map(Direction::as_str);
    vec![
        (
            "Error",
            object(
                json!({
                    "error": { "type": "string", "minLength": 1, "description": "For people; may change." },
                    "code": {
                        "type": "string", "minLength": 1, "examples": ["malformed"],
                        "description": "For programs.",
                    },
                    "retry_after_ms": count(),
                    "agents": list(refer("Id")),
                }),
                &["retry_after_ms", "agents"],
            ),
        ),
        (
            "Id",
            json!({
                "type": "string", "minLength": 1, "maxLength": 128,
                "pattern": "^[A-Za-z0-9._:-]+$", "examples": ["10000002"],
            }),
        ),
        (
            "Time",
            json!({
                "type": "integer", "minimum": 0, "examples": [1_795_384_870_000_u64],
                "description": "Unix milliseconds.",
            }),
        ),
        ("Kind", words(&kinds)),
        ("Trust", words(&levels)),
        ("Direction", words(&ways)),
        (
            "Digest",
            json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
        ),
    ]
}

fn policies() -> Named {
    vec![
        (
            "Annotation",
            object(
                json!({ "policy": text("url-tag"), "key": text("urls"), "value": text("1") }),
                &[],
            ),
        ),
        (
            "Step",
            object(
                json!({
                    "policy": text("acl"), "digest": refer("Digest"),
                    "verdict": words(&["pass", "rewrite", "reject", "hold", "policy_error"]),
                    "code": text("contact_request"), "reason": text("a stranger asks to talk"),
                    "monitored": yes_or_no(), "released": yes_or_no(), "elapsed_us": count(),
                }),
                &["code", "reason", "monitored", "released"],
            ),
        ),
        (
            "Policy",
            object(
                json!({
                    "name": text("acl"), "version": maybe_text("0.1.0"),
                    "digest": { "type": ["string", "null"], "pattern": "^[0-9a-f]{64}$" },
                    "mode": words(&["enforce", "monitor", "off"]),
                    "state": words(&["ready", "failing", "off"]), "error": text("it ran out of time"),
                }),
                &["error"],
            ),
        ),
    ]
}

/// The fields of a message in whatever box, before those that are the box's own.
fn message(own: Value, optional: &[&str]) -> Value {
    let mut fields = json!({
        "message_id": refer("Id"), "conversation_id": refer("Id"), "kind": refer("Kind"),
    });
    if let (Some(fields), Value::Object(own)) = (fields.as_object_mut(), own) {
        fields.extend(own);
    }
    object(fields, optional)
}

fn inbox_state() -> Value {
    words(&[
        "waiting",
        "delivered",
        "held",
        "refused",
        "dead",
        "dropped",
        "noted",
    ])
}

fn messages() -> Named {
    let notes = || list(refer("Annotation"));
    let inbox = |name: &str, own: Value| {
        let mut fields = json!({
            "seq": count(), "from": refer("Id"), "state": inbox_state(), "content_bytes": count(),
            "trust": refer("Trust"), "received_at": refer("Time"), "attempts": count(),
            "reason": text("a stranger asks to talk"), name: text("hello"),
        });
        if let (Some(fields), Value::Object(own)) = (fields.as_object_mut(), own) {
            fields.extend(own);
        }
        message(fields, &["reason"])
    };
    let story = |name: &str, own: Value| {
        let event = object(
            json!({ "at": refer("Time"), "what": text("queued"), "detail": text("sent") }),
            &["detail"],
        );
        let mut fields = json!({
            "direction": refer("Direction"), "from": refer("Id"), "to": refer("Id"),
            "state": text("sent"), "content_bytes": count(), "trust": refer("Trust"),
            "taken_at": refer("Time"), "verdicts": list(refer("Step")), "events": list(event),
            "may_repeat": yes_or_no(), name: text("hello"),
        });
        if let (Some(fields), Value::Object(own)) = (fields.as_object_mut(), own) {
            fields.extend(own);
        }
        message(fields, &["trust", "original"])
    };
    vec![
        (
            "InboxMessage",
            inbox("content", json!({ "annotations": notes() })),
        ),
        ("FencedMessage", inbox("fenced", json!({}))),
        (
            "Story",
            story(
                "content",
                json!({ "annotations": notes(), "original": text("hello") }),
            ),
        ),
        ("FencedStory", story("fenced", json!({}))),
        (
            "OutboxMessage",
            message(
                json!({
                    "seq": count(), "to": refer("Id"),
                    "state": words(&["queued", "sent", "at_relay", "held", "refused"]),
                    "content": text("hello"), "content_bytes": count(), "created_at": refer("Time"),
                    "reason": text("the peer is blocked"), "attempts": count(),
                }),
                &["reason"],
            ),
        ),
        (
            "HeldMessage",
            message(
                json!({
                    "direction": refer("Direction"), "from": refer("Id"), "to": refer("Id"),
                    "content": text("hello"), "trust": refer("Trust"), "at": refer("Time"),
                    "policy": text("acl"), "code": text("contact_request"),
                    "reason": text("a stranger asks to talk"), "until": refer("Time"),
                    "held_by": list(text("acl")), "annotations": notes(),
                }),
                &["until"],
            ),
        ),
        (
            "DeadMessage",
            message(
                json!({
                    "from": refer("Id"), "content": text("hello"), "trust": refer("Trust"),
                    "received_at": refer("Time"), "dead_since": refer("Time"),
                    "reason": text("the gateway answered 500, after 10 attempts"),
                    "attempts": count(), "may_repeat": yes_or_no(), "annotations": notes(),
                }),
                &["reason"],
            ),
        ),
    ]
}

fn answers() -> Named {
    vec![
        (
            "Sent",
            object(
                json!({
                    "ok": done(), "message_id": refer("Id"), "conversation_id": refer("Id"),
                    "state": words(&["queued", "held"]),
                }),
                &[],
            ),
        ),
        (
            "HeldAnswer",
            object(
                json!({
                    "ok": done(), "message_id": refer("Id"), "direction": refer("Direction"),
                    "from": refer("Id"), "to": refer("Id"),
                    "state": words(&["waiting", "noted", "queued", "held", "refused"]),
                    "reason": text("refused by the owner"), "now_known": refer("Id"),
                    "stays_unknown": refer("Id"),
                }),
                &["reason", "now_known", "stays_unknown"],
            ),
        ),
        (
            "DeadAnswer",
            object(
                json!({
                    "ok": done(), "message_id": refer("Id"), "from": refer("Id"),
                    "state": words(&["waiting", "dropped", "noted", "held", "refused"]),
                    "reason": text("the peer is blocked"),
                }),
                &["reason"],
            ),
        ),
    ]
}
