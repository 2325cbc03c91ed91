//! Who is let in, and what becomes of the connection before.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::agent_featured::AgentFeatured;
use crate::support::agent_v1::{AgentV1, Identity, fresh_nonce};
use crate::support::link::Link;
use crate::support::relay::TestRelay;

#[tokio::test]
async fn a_connection_needs_the_agents_own_proof() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let stranger = Identity {
        id: "99999999".to_owned(),
        secret: alice.secret.clone(),
    };
    let impostor = Identity {
        id: alice.id.clone(),
        secret: "0".repeat(64),
    };
    for (who, status) in [(&stranger, 401), (&impostor, 401)] {
        let refused = AgentV1::connect(relay.address(), who, relay.now()).await;
        let refused = refused.unwrap_err();
        assert_eq!(
            (refused.status, refused.body.as_str()),
            (status, "unauthorized")
        );
    }
    let nameless = Link::open(relay.address(), &[]).await.unwrap_err();
    assert_eq!(nameless.status, 400);
    let headers = alice.connect_headers(relay.now(), &fresh_nonce());
    let (status, body) = relay.ask(Method::GET, "/connect", "", headers).await;
    assert_eq!((status, body.as_str()), (426, "a WebSocket is expected"));
    relay.plugin(&alice).await.link.hears_nothing().await;
}

#[tokio::test]
async fn a_wrong_clock_is_told_so_with_the_relays_own() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let slow = relay.now() - Duration::from_millis(300_001);
    let refused = AgentV1::connect(relay.address(), &alice, slow).await;
    let refused = refused.unwrap_err();
    assert_eq!((refused.status, refused.body.as_str()), (401, "clock_skew"));
    assert_eq!(refused.date, "Sun, 22 Nov 2026 18:51:04 GMT");
}

#[tokio::test]
async fn a_connect_is_taken_once_and_remembered_over_a_restart() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let headers = alice.connect_headers(relay.now(), &fresh_nonce());
    Link::open(relay.address(), &headers).await.unwrap();
    let replayed = Link::open(relay.address(), &headers).await.unwrap_err();
    assert_eq!(replayed.status, 401);
    let relay = relay.restart().await;
    let replayed = Link::open(relay.address(), &headers).await.unwrap_err();
    assert_eq!(replayed.status, 401);
}

#[tokio::test]
async fn the_newest_connection_wins_and_the_older_is_told() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let bob = relay.register("bob").await;
    let mut first = relay.plugin(&alice).await;
    let mut second = relay.plugin(&alice).await;
    let told = first.link.closed().await;
    assert_eq!(told, Some((4001, "replaced".to_owned())));
    let mut bob = relay.plugin(&bob).await;
    bob.say(&alice.id, "m-1", "hi", relay.now()).await;
    assert_eq!(second.message().await["id"], "m-1");
}

#[tokio::test]
async fn a_third_takeover_within_a_minute_is_refused() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let _first = relay.plugin(&alice).await;
    let _second = relay.plugin(&alice).await;
    let mut third = relay.plugin(&alice).await;
    let refused = AgentV1::connect(relay.address(), &alice, relay.now()).await;
    assert_eq!(refused.unwrap_err().status, 429);
    third.link.hears_nothing().await;
    relay.pass(Duration::from_secs(60));
    relay.plugin(&alice).await;
    assert_eq!(
        third.link.closed().await,
        Some((4001, "replaced".to_owned()))
    );
}

#[tokio::test]
async fn who_left_is_not_taken_over() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    for _ in 0..6 {
        relay.plugin(&alice).await.link.close().await;
    }
}

#[tokio::test]
async fn features_are_used_only_where_they_are_announced() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = AgentFeatured::connect(relay.address(), &alice, relay.now())
        .await
        .unwrap();
    let mut bob = relay.plugin(&bob).await;
    bob.say(&alice.id, "m-1", "to sig2", relay.now()).await;
    assert_eq!(alice.accept().await["content"], "to sig2");
    assert_eq!(bob.link.expect("status").await["status"], "sent");
    alice.say(&bob.id, "m-2", "to version 1", relay.now()).await;
    let message = bob.message().await;
    assert_eq!(message["content"], "to version 1");
    assert!(message.get("received_at").is_none(), "{message}");
    let status = alice.link.expect("status").await;
    assert_eq!(
        status,
        json!({"type": "status", "status": "sent", "message_id": "m-2"})
    );
}

#[tokio::test]
async fn a_relay_that_stops_says_so() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let mut connected = relay.plugin(&alice).await;
    let relay = relay.restart().await;
    let told = connected.link.closed().await;
    assert_eq!(told.map(|(code, _)| code), Some(1001));
    relay.plugin(&alice).await.link.hears_nothing().await;
}
