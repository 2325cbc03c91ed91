//! The REST interface: who may call what, and its answers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::agent_v1::Identity;
use crate::support::relay::TestRelay;

#[tokio::test]
async fn registering_gives_an_identity_and_a_card() {
    let relay = TestRelay::start().await;
    let path = "/api/agent/register";
    let body = json!({"name": "bob", "capabilities": ["chat"], "description": "helps"});
    let (status, answer) = relay
        .call(Method::POST, path, &body.to_string(), vec![])
        .await;
    assert_eq!(status, 201);
    let id = answer["agent_id"].as_str().unwrap();
    assert!(
        id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_digit()),
        "{id}"
    );
    let secret = answer["agent_secret"].as_str().unwrap();
    assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let now = relay.now().as_millis();
    let card = json!({
        "agent_id": id, "name": "bob", "version": "1.0.0", "capabilities": ["chat"],
        "description": "helps", "created_at": now, "updated_at": now,
    });
    assert_eq!(answer["card"], card);
    for bad in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"name": 7}"#,
        r#"{"name": ""}"#,
        r#"{"name": null}"#,
    ] {
        let (status, answer) = relay.call(Method::POST, path, bad, vec![]).await;
        assert_eq!(status, 400, "{bad}");
        assert!(answer["error"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn a_card_is_open_to_read_and_its_owners_to_change() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let path = format!("/api/agent/{}", bob.id);
    let (status, answer) = relay.call(Method::GET, &path, "", vec![]).await;
    assert_eq!((status, &answer["online"]), (200, &json!(false)));
    let connected = relay.plugin(&bob).await;
    let change = json!({"version": "2.0.0"});
    let card = format!("{path}/card");
    let changed = relay.rest(&bob, Method::PATCH, &card, &change).await;
    assert_eq!(changed, (200, json!({"ok": true})));
    let (status, _) = relay.rest(&alice, Method::PATCH, &card, &change).await;
    assert_eq!(status, 403);
    let (_, answer) = relay.call(Method::GET, &path, "", vec![]).await;
    assert_eq!(
        (&answer["card"]["version"], &answer["online"]),
        (&json!("2.0.0"), &json!(true))
    );
    assert!(answer.to_string().find(&bob.secret).is_none());
    connected.link.close().await;
    for unknown in ["/api/agent/404", "/api/agent/a%7Cb", "/elsewhere"] {
        let (status, answer) = relay.call(Method::GET, unknown, "", vec![]).await;
        assert_eq!(
            (status, answer),
            (404, json!({"error": "not found"})),
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn every_call_about_an_agent_needs_that_agents_proof() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let own = |name: &str| format!("/api/agent/{}/{name}", bob.id);
    let draft = json!({"from": bob.id, "to": alice.id, "content": "hi"});
    let calls = [
        (Method::POST, own("block"), json!({"blocked_id": alice.id})),
        (
            Method::DELETE,
            own("block"),
            json!({"blocked_id": alice.id}),
        ),
        (Method::GET, own("block"), Value::Null),
        (Method::POST, own("allow"), json!({"allowed_id": alice.id})),
        (
            Method::DELETE,
            own("allow"),
            json!({"allowed_id": alice.id}),
        ),
        (Method::GET, own("allow"), Value::Null),
        (Method::PUT, own("allowlist-mode"), json!({"enabled": true})),
        (Method::PATCH, own("card"), json!({"name": "mine now"})),
        (Method::POST, "/api/message".to_owned(), draft),
    ];
    for (method, path, body) in calls {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let unsigned = relay.call(method.clone(), &path, &text, vec![]).await;
        assert_eq!(unsigned.0, 401, "{method} {path} {unsigned:?}");
        let (status, _) = relay.rest(&alice, method.clone(), &path, &body).await;
        assert_eq!(status, 403, "{method} {path}");
        let impostor = Identity {
            secret: alice.secret.clone(),
            ..bob.clone()
        };
        let (status, _) = relay.rest(&impostor, method.clone(), &path, &body).await;
        assert_eq!(status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn a_signature_is_for_one_call_and_once() {
    let relay = TestRelay::start().await;
    let bob = relay.register("bob").await;
    let path = format!("/api/agent/{}/block", bob.id);
    let body = json!({"blocked_id": "7"}).to_string();
    let signed = bob.request_headers("POST", &path, &body, relay.now());
    let other = json!({"blocked_id": "8"}).to_string();
    let query = format!("{path}?x=1");
    for (method, path, body) in [
        (Method::DELETE, &path, &body),
        (Method::POST, &path, &other),
        (Method::POST, &query, &body),
    ] {
        let (status, _) = relay.call(method, path, body, signed.clone()).await;
        assert_eq!(status, 401);
    }
    for expected in [200, 401] {
        let (status, _) = relay.call(Method::POST, &path, &body, signed.clone()).await;
        assert_eq!(status, expected);
    }
    let late = relay.now() - std::time::Duration::from_secs(301);
    let signed = bob.request_headers("POST", &path, &body, late);
    let answer = relay.call(Method::POST, &path, &body, signed).await;
    assert_eq!(answer, (401, json!({"error": "clock_skew"})));
}

#[tokio::test]
async fn a_message_by_call_is_delivered_queued_or_refused() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let offline = relay.register("offline").await;
    let mut connected = relay.plugin(&bob).await;
    let draft = |to: &str| json!({"from": alice.id, "to": to, "content": "hi"});
    let cases = [
        (draft(&bob.id), 200, json!({"status": "sent"})),
        (draft(&offline.id), 202, json!({"status": "offline"})),
    ];
    for (body, status, expected) in cases {
        let answer = relay
            .rest(&alice, Method::POST, "/api/message", &body)
            .await;
        assert_eq!(answer, (status, expected));
    }
    let message = connected.message().await;
    assert_eq!(
        (&message["from"], &message["content"]),
        (&json!(alice.id), &json!("hi"))
    );
    for (body, expected) in [
        (draft("404"), 404),
        (json!({"from": alice.id, "to": bob.id}), 400),
        (
            json!({"from": alice.id, "to": bob.id, "content": "x", "type": "dance"}),
            400,
        ),
        (
            json!({"from": alice.id, "to": bob.id, "content": "cafe\u{301}"}),
            400,
        ),
        (
            json!({"from": alice.id, "to": bob.id, "content": "x", "conversation_id": "a|b"}),
            400,
        ),
    ] {
        let (status, answer) = relay
            .rest(&alice, Method::POST, "/api/message", &body)
            .await;
        assert_eq!(status, expected, "{body}");
        assert!(answer["error"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn open_rest_restores_version_1() {
    let relay = TestRelay::start_with(|settings| settings.open_rest = true).await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let path = format!("/api/agent/{}/block", bob.id);
    let body = json!({"blocked_id": "7"}).to_string();
    let answer = relay.call(Method::POST, &path, &body, vec![]).await;
    assert_eq!(answer, (200, json!({"ok": true})));
    let body = json!({"from": alice.id, "to": bob.id, "content": "hi", "conversation_id": "c-1"});
    let (status, _) = relay
        .call(Method::POST, "/api/message", &body.to_string(), vec![])
        .await;
    assert_eq!(status, 202);
    let history = "/api/conversation/c-1/history";
    let (status, answer) = relay.call(Method::GET, history, "", vec![]).await;
    assert_eq!((status, &answer["total"]), (200, &json!(1)));
    let (status, _) = relay
        .call(Method::GET, "/api/agent/404/block", "", vec![])
        .await;
    assert_eq!(status, 404);
}
