//! Rates and bounds.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::agent_v1::{AgentV1, Identity};
use crate::support::relay::TestRelay;

#[tokio::test]
async fn a_rate_stays_with_the_agent_over_connections() {
    let relay = TestRelay::start_with(|settings| settings.rate_limit_per_minute = 3).await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut sent = 0;
    for connection in 0..3 {
        let mut connected = relay.plugin(&alice).await;
        for n in 0..2 {
            let id = format!("m-{connection}-{n}");
            connected.say(&bob.id, &id, "hi", relay.now()).await;
            let answer = connected.link.next().await;
            match answer["type"].as_str() {
                Some("status") => sent += 1,
                _ => assert_eq!(answer["code"], "RATE_LIMITED", "{answer}"),
            }
        }
        connected.link.close().await;
    }
    assert_eq!(sent, 3);
    relay.pass(Duration::from_secs(20));
    let mut connected = relay.plugin(&alice).await;
    for status in ["status", "error"] {
        connected
            .say(&bob.id, &format!("later-{status}"), "hi", relay.now())
            .await;
        connected.link.expect(status).await;
    }
}

#[tokio::test]
async fn signed_calls_and_connections_are_limited_and_one_agents_calls_are_not_anothers() {
    let relay = TestRelay::start_with(|settings| settings.rate_limit_per_minute = 1).await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let list = async |who: &Identity| {
        let path = format!("/api/agent/{}/block", who.id);
        relay.rest(who, Method::GET, &path, &Value::Null).await
    };
    for call in 0..121 {
        assert_eq!(list(&alice).await.0, 200, "{call}");
    }
    let (status, answer) = list(&alice).await;
    assert_eq!(status, 429, "{answer}");
    let refused = AgentV1::connect(relay.address(), &alice, relay.now()).await;
    assert_eq!(refused.unwrap_err().status, 429);
    assert_eq!(list(&bob).await.0, 200);
    relay.pass(Duration::from_secs(1));
    assert_eq!(list(&alice).await.0, 200);
}

#[tokio::test]
async fn acknowledgements_of_what_was_never_written_reach_the_store_only_so_often() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut sender = relay.plugin(&alice).await;
    for n in 0..129 {
        let id = format!("m-{n}");
        sender.say(&bob.id, &id, "hi", relay.now()).await;
        assert_eq!(sender.link.expect("status").await["status"], "queued");
    }
    let mut bob = relay.agent(&bob).await;
    for _ in 0..128 {
        bob.message().await;
    }
    for n in 0..128 {
        let id = format!("never-{n}");
        bob.acknowledge(&alice.id, &id, "accepted").await;
    }
    // Not written on this connection, and one too many: the mail stays and comes in its turn.
    bob.acknowledge(&alice.id, "m-128", "accepted").await;
    bob.link.hears_nothing().await;
    // Registering waits for the disk, and so for all that was written before it.
    relay.register("behind all that").await;
    bob.acknowledge(&alice.id, "m-0", "accepted").await;
    assert_eq!(bob.message().await["id"], "m-128");
}

#[tokio::test]
async fn registrations_are_limited_by_address() {
    let relay = TestRelay::start_with(|settings| settings.registrations_per_minute = 2).await;
    relay.register("one").await;
    relay.register("two").await;
    let body = json!({"name": "three"}).to_string();
    let path = "/api/agent/register";
    let (status, answer) = relay.call(Method::POST, path, &body, vec![]).await;
    assert_eq!(status, 429, "{answer}");
    assert!(answer["error"].is_string());
    relay.pass(Duration::from_secs(30));
    relay.register("three").await;
}

#[tokio::test]
async fn a_body_over_256_kib_is_refused() {
    let relay = TestRelay::start().await;
    let body = json!({"name": "x".repeat(256 * 1024)}).to_string();
    let path = "/api/agent/register";
    let (status, answer) = relay.call(Method::POST, path, &body, vec![]).await;
    assert_eq!(status, 413, "{answer}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_store_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let relay = TestRelay::start().await;
    relay.register("alice").await;
    let folder = relay.folder().path().join("relay");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
