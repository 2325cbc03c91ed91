//! Turns, ends, and who can end what.

use std::time::Duration;

use opendialogue::types::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::relay::TestRelay;

fn ended(conversation: &str, reason: &str) -> Value {
    json!({"type": "conversation_ended", "conversation_id": conversation, "reason": reason})
}

fn ended_with(peer: &str, reason: &str) -> Value {
    json!({
        "type": "conversation_ended", "conversation_id": "c-1", "peer": peer, "reason": reason,
    })
}

#[tokio::test]
async fn turns_are_limited_by_episode_and_both_hear_of_it() {
    let relay = TestRelay::start_with(|settings| settings.max_turns = 3).await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.plugin(&bob).await);
    let (alice_id, bob_id) = (alice.id.clone(), bob.id.clone());
    alice.turn(&bob_id, "a-1", "text", "c-1", relay.now()).await;
    bob.message().await;
    bob.turn(&alice_id, "b-1", "text", "c-1", relay.now()).await;
    alice.link.expect("status").await;
    alice.message().await;
    alice.turn(&bob_id, "a-2", "text", "c-1", relay.now()).await;
    assert_eq!(alice.link.next().await, ended("c-1", "max_turns"));
    assert_eq!(alice.link.expect("status").await["status"], "sent");
    bob.link.expect("status").await;
    assert_eq!(bob.message().await["id"], "a-2");
    assert_eq!(bob.link.next().await, ended("c-1", "max_turns"));

    bob.turn(&alice_id, "b-2", "text", "c-1", relay.now()).await;
    let error = bob.link.expect("error").await;
    assert_eq!(
        (&error["code"], &error["message_id"]),
        (&json!("CONVERSATION_ENDED"), &json!("b-2"))
    );
    // Another conversation of the two is open, and so is this one after 30 idle minutes.
    bob.turn(&alice_id, "b-3", "text", "c-2", relay.now()).await;
    assert_eq!(bob.link.expect("status").await["status"], "sent");
    relay.pass(Duration::from_secs(1_800));
    bob.turn(&alice_id, "b-4", "text", "c-1", relay.now()).await;
    assert_eq!(bob.link.expect("status").await["status"], "sent");
}

#[tokio::test]
async fn the_count_of_turns_outlives_a_restart() {
    let relay = TestRelay::start_with(|settings| settings.max_turns = 2).await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut sender = relay.plugin(&alice).await;
    sender
        .turn(&bob.id, "a-1", "text", "c-1", relay.now())
        .await;
    sender.link.expect("status").await;
    sender
        .turn(&bob.id, "a-2", "text", "c-1", relay.now())
        .await;
    sender.link.expect("conversation_ended").await;
    let relay = relay.restart().await;
    let mut sender = relay.plugin(&alice).await;
    sender
        .turn(&bob.id, "a-3", "text", "c-1", relay.now())
        .await;
    assert_eq!(
        sender.link.expect("error").await["code"],
        "CONVERSATION_ENDED"
    );
}

#[tokio::test]
async fn a_third_agent_can_neither_use_up_nor_end_a_conversation() {
    let relay = TestRelay::start_with(|settings| settings.max_turns = 2).await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mallory = relay.register("mallory").await;
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.plugin(&bob).await);
    let mut mallory = relay.plugin(&mallory).await;
    for (n, kind) in ["text", "text", "text", "end"].into_iter().enumerate() {
        for to in [&alice.id, &bob.id] {
            mallory
                .turn(to, &format!("x-{n}-{to}"), kind, "c-1", relay.now())
                .await;
        }
    }
    mallory.link.rest().await;
    alice.link.rest().await;
    bob.link.rest().await;
    alice.turn(&bob.id, "a-1", "text", "c-1", relay.now()).await;
    assert_eq!(bob.message().await["id"], "a-1");
    assert_eq!(alice.link.expect("status").await["status"], "sent");
}

#[tokio::test]
async fn an_end_closes_for_its_sender_and_what_crossed_it_is_refused() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.agent(&alice).await, relay.agent(&bob).await);
    alice
        .turn(&bob.id, "a-1", Kind::Text, "c-1", relay.now())
        .await;
    bob.accept().await;
    alice.link.expect("status").await;
    alice
        .turn(&bob.id, "a-2", Kind::End, "c-1", relay.now())
        .await;
    let told = ended_with(&bob.id, "participant_ended");
    assert_eq!(alice.link.next().await, told);
    let end = bob.message().await;
    assert_eq!((&end["type"], &end["id"]), (&json!("end"), &json!("a-2")));
    let told = ended_with(&alice.id, "participant_ended");
    assert_eq!(bob.link.next().await, told);
    bob.acknowledge(&alice.id, "a-2", "accepted").await;
    assert_eq!(alice.link.expect("status").await["status"], "sent");

    let refused = json!("CONVERSATION_ENDED");
    alice
        .turn(&bob.id, "a-3", Kind::Text, "c-1", relay.now())
        .await;
    assert_eq!(alice.link.expect("error").await["code"], refused);
    relay.pass(Duration::from_secs(10));
    bob.turn(&alice.id, "b-1", Kind::Text, "c-1", relay.now())
        .await;
    assert_eq!(bob.link.expect("error").await["code"], refused);
    relay.pass(Duration::from_secs(1));
    alice
        .turn(&bob.id, "a-4", Kind::Text, "c-1", relay.now())
        .await;
    assert_eq!(alice.link.expect("error").await["code"], refused);
    bob.turn(&alice.id, "b-2", Kind::Text, "c-1", relay.now())
        .await;
    assert_eq!(alice.accept().await["id"], "b-2");
    alice
        .turn(&bob.id, "a-5", Kind::Text, "c-1", relay.now())
        .await;
    bob.link.expect("status").await;
    assert_eq!(bob.accept().await["id"], "a-5");
}

#[tokio::test]
async fn the_next_connection_of_the_other_side_reopens() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = relay.plugin(&alice).await;
    let mut first = relay.plugin(&bob).await;
    alice.turn(&bob.id, "a-1", "end", "c-1", relay.now()).await;
    first.link.expect("end").await;
    first.link.expect("conversation_ended").await;
    first.link.close().await;
    let mut second = relay.plugin(&bob).await;
    second
        .turn(&alice.id, "b-1", "text", "c-1", relay.now())
        .await;
    assert_eq!(second.link.expect("status").await["status"], "sent");
}

#[tokio::test]
async fn an_end_waits_in_the_mailbox_like_a_text() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = relay.plugin(&alice).await;
    alice.turn(&bob.id, "a-1", "end", "c-1", relay.now()).await;
    assert_eq!(alice.link.next().await, ended("c-1", "participant_ended"));
    assert_eq!(alice.link.expect("status").await["status"], "queued");
    let mut bob = relay.agent(&bob).await;
    assert_eq!(bob.accept().await["type"], "end");
    let told = ended_with(&alice.id, "participant_ended");
    assert_eq!(bob.link.next().await, told);
}

#[tokio::test]
async fn history_is_for_those_who_take_part() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mallory = relay.register("mallory").await;
    let mut sender = relay.plugin(&alice).await;
    for n in 0..5 {
        sender
            .turn(&bob.id, &format!("m-{n}"), "text", "c-1", relay.now())
            .await;
        sender.link.expect("status").await;
    }
    let path = "/api/conversation/c-1/history?last=2";
    for who in [&alice, &bob] {
        let (status, history) = relay.rest(who, Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200);
        assert_eq!(history["total"], 5);
        assert_eq!(history["conversation"]["turn_count"], 5);
        let messages = history["messages"].as_array().unwrap();
        let ids: Vec<&Value> = messages.iter().map(|message| &message["id"]).collect();
        assert_eq!(ids, ["m-3", "m-4"]);
        assert_eq!(messages[0]["from"], alice.id);
        assert_eq!(messages[0]["to"], bob.id);
    }
    for (who, path) in [
        (&mallory, path),
        (&mallory, "/api/conversation/c-1/history?last=2&peer=1"),
        (&alice, "/api/conversation/c-2/history"),
    ] {
        let (status, answer) = relay.rest(who, Method::GET, path, &Value::Null).await;
        assert_eq!((status, answer), (404, json!({"error": "not found"})));
    }
}
