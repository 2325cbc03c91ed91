//! What bad input gets: a word, and the connection lives.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Packet;

use crate::support::agent_v1::AgentV1;
use crate::support::relay::TestRelay;

#[tokio::test]
async fn a_bad_frame_is_answered_and_the_connection_lives() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let mut alice = relay.plugin(&alice).await;
    let good = alice.frame("1", "m-1", "hi", relay.now());
    let with = |field: &str, value: Value| {
        let mut frame = good.clone();
        frame[field] = value;
        Packet::text(frame.to_string())
    };
    let lone_surrogate = good.to_string().replace("\"hi\"", "\"\\ud800\"");
    let cases = [
        (Packet::text("not json"), "INVALID_CONTENT", Value::Null),
        (Packet::text("[]"), "INVALID_CONTENT", Value::Null),
        (Packet::text("{}"), "INVALID_MESSAGE_TYPE", Value::Null),
        (Packet::binary("{}"), "INVALID_MESSAGE_TYPE", Value::Null),
        (
            with("type", json!("dance")),
            "INVALID_MESSAGE_TYPE",
            json!("m-1"),
        ),
        (with("content", json!(7)), "INVALID_CONTENT", json!("m-1")),
        (
            with("content", Value::Null),
            "INVALID_CONTENT",
            json!("m-1"),
        ),
        (with("to", json!("a|b")), "INVALID_CONTENT", json!("m-1")),
        (with("id", json!("a|b")), "INVALID_CONTENT", Value::Null),
        (
            with("turn_number", json!(0)),
            "INVALID_CONTENT",
            json!("m-1"),
        ),
        (with("nonce", json!("")), "INVALID_CONTENT", json!("m-1")),
        (
            Packet::text(lone_surrogate),
            "INVALID_CONTENT",
            json!("m-1"),
        ),
    ];
    for (packet, code, message_id) in cases {
        let said = format!("{packet:?}");
        alice.link.send_packet(packet).await;
        let error = alice.link.expect("error").await;
        assert_eq!(
            (&error["code"], &error["message_id"]),
            (&json!(code), &message_id),
            "{said}"
        );
    }
    alice.link.send(&json!({"type": "later", "x": 1})).await;
    alice
        .link
        .send(&json!({"type": "status", "status": "sent", "message_id": "m"}))
        .await;
    alice.link.hears_nothing().await;
}

#[tokio::test]
async fn a_frame_over_128_kib_closes_the_connection() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let mut connected = relay.plugin(&alice).await;
    let large = alice_frame_of(&connected, &relay, 128 * 1024);
    connected.link.send_packet(Packet::text(large)).await;
    assert_eq!(
        connected.link.closed().await.map(|(code, _)| code),
        Some(1009)
    );
    relay.plugin(&alice).await.link.hears_nothing().await;
}

fn alice_frame_of(alice: &AgentV1, relay: &TestRelay, bytes: usize) -> String {
    alice
        .frame("1", "m-1", &"x".repeat(bytes), relay.now())
        .to_string()
}

#[tokio::test]
async fn each_wrong_message_gets_its_code_and_its_id() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.plugin(&bob).await);
    let now = relay.now();
    let minutes = |n: u64| Duration::from_secs(60 * n) + Duration::from_millis(1);
    let mut foreign = alice.frame(&bob.id, "m-1", "hi", now);
    foreign["from"] = json!(bob.id);
    let mut forged = alice.frame(&bob.id, "m-2", "hi", now);
    forged["content"] = json!("ho");
    let cases = [
        (alice.sign(foreign), "UNAUTHORIZED"),
        (forged, "INVALID_SIGNATURE"),
        (
            alice.frame(&bob.id, "m-3", "hi", now - minutes(5)),
            "TIMESTAMP_EXPIRED",
        ),
        (
            alice.frame(&bob.id, "m-4", "hi", now + minutes(5)),
            "TIMESTAMP_EXPIRED",
        ),
        (alice.frame("404", "m-5", "hi", now), "AGENT_NOT_FOUND"),
        (
            alice.frame(&bob.id, "m-6", &"x".repeat(16_385), now),
            "MESSAGE_TOO_LARGE",
        ),
    ];
    for (frame, code) in cases {
        alice.link.send(&frame).await;
        let error = alice.link.expect("error").await;
        assert_eq!(
            (&error["code"], &error["message_id"]),
            (&json!(code), &frame["id"])
        );
    }
    bob.link.hears_nothing().await;
    let largest = alice.frame(&bob.id, "m-7", &"文".repeat(16_384), now);
    alice.link.send(&largest).await;
    assert_eq!(bob.message().await["content"], largest["content"]);
}

#[tokio::test]
async fn a_nonce_is_taken_once_and_a_forgery_does_not_use_it_up() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.plugin(&bob).await);
    let honest = alice.frame(&bob.id, "m-1", "hi", relay.now());
    let mut forged = honest.clone();
    forged["signature"] = json!("0".repeat(64));
    alice.link.send(&forged).await;
    assert_eq!(
        alice.link.expect("error").await["code"],
        "INVALID_SIGNATURE"
    );
    alice.link.send(&honest).await;
    assert_eq!(bob.message().await["id"], "m-1");
    assert_eq!(alice.link.expect("status").await["status"], "sent");
    alice.link.send(&honest).await;
    assert_eq!(alice.link.expect("error").await["code"], "REPLAY_ATTACK");
    bob.link.hears_nothing().await;
}

#[tokio::test]
async fn an_acknowledgement_settles_only_ones_own_mail() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mallory = relay.register("mallory").await;
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.agent(&bob).await);
    let mut mallory = relay.agent(&mallory).await;
    alice.say(&bob.id, "m-1", "hi", relay.now()).await;
    bob.message().await;
    mallory.acknowledge(&alice.id, "m-1", "refused").await;
    mallory.link.hears_nothing().await;
    alice.link.hears_nothing().await;
    bob.acknowledge(&alice.id, "m-1", "accepted").await;
    assert_eq!(alice.link.expect("status").await["status"], "sent");
}

#[tokio::test]
async fn the_relay_gives_two_signs_of_life_every_30_s() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let mut alice = relay.plugin(&alice).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(30_010)).await;
    tokio::time::resume();
    let ping = alice.link.packet().await.unwrap().unwrap();
    assert_eq!(ping, Packet::text(r#"{"type":"ping"}"#));
    let ping = alice.link.packet().await.unwrap().unwrap();
    assert!(ping.is_ping(), "{ping:?}");
}

#[tokio::test]
async fn silence_for_75_s_ends_a_connection() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let mut alice = relay.plugin(&alice).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(75_010)).await;
    tokio::time::resume();
    assert_eq!(
        alice.link.closed().await,
        Some((1008, "silent for too long".to_owned()))
    );
}
