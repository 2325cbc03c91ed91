//! Rates and bounds.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

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
