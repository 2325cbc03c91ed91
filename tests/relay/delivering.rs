//! The live path: what each side hears, and when.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::relay::TestRelay;

#[tokio::test]
async fn version_1_to_version_1_is_forwarded_as_it_was_signed() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.plugin(&bob).await);
    let mut sent = alice.frame(&bob.id, "m-1", "hi \"bob\"\n", relay.now());
    sent["turn_number"] = json!(7);
    sent["max_turns"] = json!(9);
    sent["conversation_id"] = json!("c-1");
    let sent = alice.sign(sent);
    alice.link.send(&sent).await;
    let mut got = bob.message().await;
    assert_eq!(got["delivered_at"], relay.now().as_millis());
    for changed in ["signature", "delivered_at"] {
        got.as_object_mut().unwrap().remove(changed);
    }
    let mut expected = sent;
    expected.as_object_mut().unwrap().remove("signature");
    assert_eq!(got, expected);
    let status = alice.link.expect("status").await;
    assert_eq!(
        status,
        json!({"type": "status", "status": "sent", "message_id": "m-1"})
    );
    bob.link.hears_nothing().await;
}

#[tokio::test]
async fn sent_is_said_after_the_receivers_acknowledgement() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.agent(&alice).await, relay.agent(&bob).await);
    for (id, outcome, expected) in [
        ("m-1", "accepted", json!({"status": "sent"})),
        (
            "m-2",
            "refused",
            json!({"status": "rejected", "note": "not_accepted"}),
        ),
    ] {
        alice.say(&bob.id, id, "hi", relay.now()).await;
        let message = bob.message().await;
        assert_eq!(message["received_at"], relay.now().as_millis());
        alice.link.hears_nothing().await;
        bob.acknowledge(&alice.id, id, outcome).await;
        let mut status = alice.link.expect("status").await;
        let fields = status.as_object_mut().unwrap();
        assert_eq!(fields.remove("message_id"), Some(json!(id)));
        fields.remove("type");
        assert_eq!(status, expected);
    }
}

#[tokio::test]
async fn without_an_acknowledgement_for_5_s_the_message_is_stored() {
    let relay = TestRelay::start().await;
    let (alice, bob_identity) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.agent(&bob_identity).await);
    alice.say(&bob.id, "m-1", "hi", relay.now()).await;
    bob.message().await;
    advance(Duration::from_secs(5)).await;
    assert_eq!(alice.link.expect("status").await["status"], "queued");
    // It stands on this connection, and is not written on it again.
    bob.link.hears_nothing().await;
    alice.say(&bob.id, "m-2", "behind it", relay.now()).await;
    assert_eq!(bob.accept().await["id"], "m-2");
    assert_eq!(alice.link.expect("status").await["message_id"], "m-2");
    // A late acknowledgement deletes the row.
    bob.acknowledge(&alice.id, "m-1", "accepted").await;
    bob.link.close().await;
    relay.has_no_mail_for(&bob_identity).await;
    alice.link.hears_nothing().await;
}

#[tokio::test]
async fn a_late_refusal_is_still_told() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.agent(&bob).await);
    alice.say(&bob.id, "m-1", "hi", relay.now()).await;
    bob.message().await;
    advance(Duration::from_secs(5)).await;
    assert_eq!(alice.link.expect("status").await["status"], "queued");
    bob.acknowledge(&alice.id, "m-1", "refused").await;
    let status = alice.link.expect("status").await;
    let expected = json!({
        "type": "status", "status": "rejected", "message_id": "m-1", "note": "not_accepted",
    });
    assert_eq!(status, expected);
}

#[tokio::test]
async fn a_repeat_is_answered_as_before_and_delivered_once() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.plugin(&bob).await);
    for _ in 0..3 {
        alice.say(&bob.id, "m-1", "hi", relay.now()).await;
        let status = alice.link.expect("status").await;
        assert_eq!(
            (&status["status"], &status["message_id"]),
            (&json!("sent"), &json!("m-1"))
        );
    }
    assert_eq!(bob.message().await["id"], "m-1");
    bob.link.hears_nothing().await;
    alice.say(&bob.id, "m-1", "other", relay.now()).await;
    assert_eq!(alice.link.expect("error").await["code"], "INVALID_CONTENT");
    bob.link.hears_nothing().await;
}

#[tokio::test]
async fn the_answer_finds_a_sender_that_connected_anew() {
    let relay = TestRelay::start().await;
    let (alice_identity, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice_identity).await, relay.agent(&bob).await);
    alice.say(&bob.id, "m-1", "hi", relay.now()).await;
    bob.message().await;
    let mut again = relay.plugin(&alice_identity).await;
    again.say(&bob.id, "m-1", "hi", relay.now()).await;
    again.link.hears_nothing().await;
    bob.acknowledge(&alice_identity.id, "m-1", "accepted").await;
    assert_eq!(again.link.expect("status").await["status"], "sent");
    bob.link.hears_nothing().await;
}

#[tokio::test]
async fn what_lives_only_for_the_moment_has_no_answer_and_no_mailbox() {
    let relay = TestRelay::start().await;
    let (alice, bob_identity) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = relay.plugin(&alice).await;
    alice
        .turn(&bob_identity.id, "t-0", "typing", "c-1", relay.now())
        .await;
    let mut bob = relay.agent(&bob_identity).await;
    bob.link.hears_nothing().await;
    for (id, kind) in [("t-1", "typing"), ("t-2", "read_receipt")] {
        alice.turn(&bob.id, id, kind, "c-1", relay.now()).await;
        assert_eq!(bob.message().await["type"], kind);
    }
    alice.link.hears_nothing().await;
    bob.link.close().await;
    relay.has_no_mail_for(&bob_identity).await;
}

#[tokio::test]
async fn content_that_version_1_would_alter_is_refused_for_it_and_for_nobody_else() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let (old, new) = (relay.register("old").await, relay.register("new").await);
    let never = relay.register("never connected").await;
    let mut alice = relay.agent(&alice).await;
    relay.plugin(&old).await.link.close().await;
    let mut connected = relay.agent(&new).await;
    let contents = [
        "cafe\u{301}",
        "👨\u{200d}👩\u{200d}👧",
        "می\u{200c}خواهم",
        "\u{202e}x",
    ];
    for (n, content) in contents.into_iter().enumerate() {
        alice
            .say(&old.id, &format!("old-{n}"), content, relay.now())
            .await;
        let error = alice.link.expect("error").await;
        assert_eq!(error["code"], "INVALID_CONTENT");
        assert_eq!(error["message_id"], format!("old-{n}"));
        alice
            .say(&new.id, &format!("new-{n}"), content, relay.now())
            .await;
        assert_eq!(connected.accept().await["content"], content);
        assert_eq!(alice.link.expect("status").await["status"], "sent");
        alice
            .say(&never.id, &format!("never-{n}"), content, relay.now())
            .await;
        assert_eq!(alice.link.expect("status").await["status"], "queued");
    }
}

#[tokio::test]
async fn a_receiver_that_reads_nothing_holds_nobody_up() {
    let relay = TestRelay::start_with(|settings| settings.offline_queue_max = 100_000).await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let deaf = relay.register("deaf").await;
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.plugin(&bob).await);
    let unread = relay.plugin(&deaf).await;
    // More than a socket's buffers and the relay's queue take: the rest goes to the mailbox.
    let long = "x".repeat(16_000);
    let mut queued = 0;
    for n in 0..2_000 {
        alice
            .say(&deaf.id, &format!("d-{n}"), &long, relay.now())
            .await;
        if n % 100 == 99 {
            let settled = alice.link.rest().await;
            queued += settled
                .iter()
                .filter(|frame| frame["status"] == "queued")
                .count();
        }
        if queued > 0 {
            break;
        }
    }
    assert!(
        queued > 0,
        "nothing was stored for a socket that takes nothing"
    );
    alice.say(&bob.id, "m-1", "hi", relay.now()).await;
    assert_eq!(bob.message().await["id"], "m-1");
    // What was half written when the socket broke stays, and its sender hears that it may repeat.
    drop(unread);
    loop {
        let status = alice.link.expect("status").await;
        if status["note"] == "may_repeat" {
            assert_eq!(status["status"], "queued");
            break;
        }
    }
}

#[tokio::test]
async fn a_message_to_oneself_arrives() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let mut alice = relay.plugin(&alice).await;
    let own = alice.id.clone();
    alice.say(&own, "m-1", "note", relay.now()).await;
    let mut kinds: Vec<Value> = Vec::new();
    for _ in 0..2 {
        kinds.push(alice.link.next().await["type"].clone());
    }
    assert_eq!(kinds, ["text", "status"]);
}

/// Lets time go by for the relay's own deadlines.
async fn advance(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time + Duration::from_millis(10)).await;
    tokio::time::resume();
}
