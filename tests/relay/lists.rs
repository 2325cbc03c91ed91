//! Block and allow lists, changed by their owner alone and in force at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::relay::TestRelay;

#[tokio::test]
async fn who_is_blocked_is_told_and_the_block_list_wins() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut sender = relay.plugin(&alice).await;
    let mut receiver = relay.plugin(&bob).await;
    let ok = (200, json!({"ok": true}));
    let list = |name: &str| format!("/api/agent/{}/{name}", bob.id);
    let mode = |enabled: bool| json!({ "enabled": enabled });

    // What is done, and what a message of Alice's gets after it.
    let blocked = json!({"blocked_id": alice.id, "reason": "noise"});
    let unblocked = json!({"blocked_id": alice.id});
    let allowed = json!({"allowed_id": alice.id});
    let steps = [
        (
            Method::PUT,
            "allowlist-mode",
            mode(true),
            "NOT_IN_ALLOWLIST",
        ),
        (Method::POST, "allow", allowed.clone(), "sent"),
        (Method::POST, "block", blocked, "AGENT_BLOCKED"),
        (Method::DELETE, "block", unblocked, "sent"),
        (Method::DELETE, "allow", allowed, "NOT_IN_ALLOWLIST"),
        (Method::PUT, "allowlist-mode", mode(false), "sent"),
    ];
    for (n, (method, name, body, expected)) in steps.into_iter().enumerate() {
        let answer = relay.rest(&bob, method, &list(name), &body).await;
        if name == "allowlist-mode" {
            let enabled = &body["enabled"];
            assert_eq!(
                answer,
                (200, json!({"ok": true, "allowlist_enabled": enabled}))
            );
        } else {
            assert_eq!(answer, ok);
        }
        let id = format!("m-{n}");
        sender.say(&bob.id, &id, "hi", relay.now()).await;
        let answer = sender.link.next().await;
        assert_eq!(answer["message_id"], id);
        let word = if expected == "sent" {
            &answer["status"]
        } else {
            &answer["code"]
        };
        assert_eq!(word, expected, "step {n}");
        if expected == "sent" {
            assert_eq!(receiver.message().await["id"], id);
        }
    }
    receiver.link.hears_nothing().await;
}

#[tokio::test]
async fn lists_are_shown_to_their_owner_as_the_protocol_writes_them() {
    let relay = TestRelay::start().await;
    let bob = relay.register("bob").await;
    let (block, allow) = (
        format!("/api/agent/{}/block", bob.id),
        format!("/api/agent/{}/allow", bob.id),
    );
    let now = relay.now().as_millis();
    let body = json!({"blocked_id": "7", "reason": "noise"});
    relay.rest(&bob, Method::POST, &block, &body).await;
    relay
        .rest(&bob, Method::POST, &block, &json!({"blocked_id": "8"}))
        .await;
    relay
        .rest(&bob, Method::POST, &allow, &json!({"allowed_id": "9"}))
        .await;
    let (_, blocklist) = relay.rest(&bob, Method::GET, &block, &Value::Null).await;
    let expected = json!({"agent_id": bob.id, "blocklist": [
        {"blocked_id": "7", "reason": "noise", "created_at": now},
        {"blocked_id": "8", "reason": null, "created_at": now},
    ]});
    assert_eq!(blocklist, expected);
    let (_, allowlist) = relay.rest(&bob, Method::GET, &allow, &Value::Null).await;
    let expected = json!({"agent_id": bob.id, "allowlist_enabled": false, "allowlist": [
        {"allowed_id": "9", "created_at": now},
    ]});
    assert_eq!(allowlist, expected);
}

#[tokio::test]
async fn a_body_that_is_not_as_written_is_400() {
    let relay = TestRelay::start().await;
    let bob = relay.register("bob").await;
    let path = |name: &str| format!("/api/agent/{}/{name}", bob.id);
    for (method, name, body) in [
        (Method::POST, "block", json!({})),
        (Method::POST, "block", json!({"blocked_id": "a|b"})),
        (Method::POST, "block", json!({"blocked_id": 7})),
        (
            Method::POST,
            "block",
            json!({"blocked_id": "7", "reason": "x".repeat(513)}),
        ),
        (Method::DELETE, "allow", json!([])),
        (Method::PUT, "allowlist-mode", json!({"enabled": "yes"})),
        (Method::PATCH, "card", json!({"name": 7})),
        (Method::PATCH, "card", json!({"name": " "})),
        (
            Method::PATCH,
            "card",
            json!({"capabilities": ["x".repeat(65)]}),
        ),
    ] {
        let (status, answer) = relay.rest(&bob, method, &path(name), &body).await;
        assert_eq!(status, 400, "{name} {body}");
        assert!(answer["error"].is_string(), "{answer}");
    }
}
