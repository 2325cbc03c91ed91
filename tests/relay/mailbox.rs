//! Mail for whoever is not there, or does not acknowledge.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;

use crate::support::relay::TestRelay;

#[tokio::test]
async fn mail_waits_and_is_signed_anew_for_a_version_1_receiver() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = relay.plugin(&alice).await;
    let mut first = alice.frame(&bob.id, "m-1", "hi", relay.now());
    first["turn_number"] = json!(3);
    first["conversation_id"] = json!("c-1");
    let first = alice.sign(first);
    alice.link.send(&first).await;
    alice.say(&bob.id, "m-2", "there", relay.now()).await;
    for id in ["m-1", "m-2"] {
        let status = alice.link.expect("status").await;
        assert_eq!(
            status,
            json!({"type": "status", "status": "queued", "message_id": id})
        );
    }
    // Longer than a plugin takes an old timestamp for.
    relay.pass(Duration::from_secs(600));
    let mut connected = relay.plugin(&bob).await;
    let got = connected.message().await;
    assert_eq!(
        (&got["id"], &got["turn_number"]),
        (&json!("m-1"), &json!(3))
    );
    assert_eq!(got["timestamp"], relay.now().as_millis());
    assert_ne!(got["nonce"], first["nonce"]);
    assert_eq!(connected.message().await["id"], "m-2");
    connected.link.close().await;
    // Flushed is delivered: a plugin would run it twice.
    relay.has_no_mail_for(&bob).await;
    alice.link.hears_nothing().await;
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_on_the_next_connection_in_order() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = relay.plugin(&alice).await;
    let mut connected = relay.agent(&bob).await;
    for n in 0..4 {
        alice
            .say(&bob.id, &format!("m-{n}"), "hi", relay.now())
            .await;
        connected.message().await;
    }
    connected.acknowledge(&alice.id, "m-1", "accepted").await;
    assert_eq!(alice.link.expect("status").await["status"], "sent");
    connected.link.close().await;
    for _ in 0..3 {
        assert_eq!(alice.link.expect("status").await["status"], "queued");
    }
    relay.pass(Duration::from_secs(1));
    let mut again = relay.agent(&bob).await;
    for id in ["m-0", "m-2", "m-3"] {
        let message = again.accept().await;
        assert_eq!(message["id"], id);
        assert_eq!(
            message["received_at"].as_u64().unwrap() + 1_000,
            relay.now().as_millis()
        );
    }
    again.link.close().await;
    relay.has_no_mail_for(&bob).await;
}

#[tokio::test]
async fn a_replaced_connection_hands_over_what_it_did_not_acknowledge() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = relay.plugin(&alice).await;
    let mut before = relay.agent(&bob).await;
    for n in 0..50 {
        alice
            .say(&bob.id, &format!("m-{n}"), "hi", relay.now())
            .await;
    }
    before.message().await;
    let mut after = relay.agent(&bob).await;
    for n in 50..60 {
        alice
            .say(&bob.id, &format!("m-{n}"), "hi", relay.now())
            .await;
    }
    for n in 0..60 {
        assert_eq!(after.accept().await["id"], format!("m-{n}"));
    }
}

#[tokio::test]
async fn mail_outlives_a_restart_of_the_relay() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut sender = relay.agent(&alice).await;
    let mut receiver = relay.agent(&bob).await;
    sender
        .say(&bob.id, "m-1", "unacknowledged", relay.now())
        .await;
    receiver.message().await;
    let relay = relay.restart().await;
    let mut sender = relay.agent(&alice).await;
    sender.say(&bob.id, "m-2", "offline", relay.now()).await;
    assert_eq!(sender.link.expect("status").await["status"], "queued");
    let relay = relay.restart().await;
    let mut receiver = relay.agent(&bob).await;
    assert_eq!(receiver.accept().await["content"], "unacknowledged");
    assert_eq!(receiver.accept().await["content"], "offline");
}

#[tokio::test]
async fn at_most_128_stand_unacknowledged_and_the_rest_follows_in_order() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let (mut alice, mut bob) = (relay.plugin(&alice).await, relay.agent(&bob).await);
    for n in 0..200 {
        alice
            .say(&bob.id, &format!("m-{n}"), "hi", relay.now())
            .await;
    }
    // The first 128 wait for their acknowledgement; the sender of the rest hears `queued`.
    for _ in 128..200 {
        assert_eq!(alice.link.expect("status").await["status"], "queued");
    }
    for n in 0..128 {
        assert_eq!(bob.message().await["id"], format!("m-{n}"));
    }
    bob.link.hears_nothing().await;
    for n in 0..200 {
        bob.acknowledge(&alice.id, &format!("m-{n}"), "accepted")
            .await;
        if n + 128 < 200 {
            assert_eq!(bob.message().await["id"], format!("m-{}", n + 128));
        }
    }
    bob.link.hears_nothing().await;
    let sent: HashSet<String> = alice
        .link
        .rest()
        .await
        .iter()
        .map(|status| format!("{} {}", status["status"], status["message_id"]))
        .collect();
    assert_eq!(sent.len(), 128);
    alice.say(&bob.id, "live", "hi", relay.now()).await;
    assert_eq!(bob.accept().await["id"], "live");
}

#[tokio::test]
async fn one_sender_cannot_fill_a_mailbox_and_nothing_accepted_is_dropped() {
    let relay = TestRelay::start_with(|settings| settings.offline_queue_max = 20).await;
    let bob = relay.register("bob").await;
    let mut full = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let sender = relay.register(name).await;
        let mut sender = relay.plugin(&sender).await;
        for n in 0..5 {
            sender
                .say(&bob.id, &format!("m-{n}"), "hi", relay.now())
                .await;
            let answer = sender.link.next().await;
            if answer["type"] == "error" {
                assert_eq!(answer["code"], "RATE_LIMITED");
                assert_eq!(answer["note"], "mailbox_full");
                assert_eq!(answer["message_id"], format!("m-{n}"));
                full.push(format!("{name}{n}"));
            }
        }
    }
    // A fifth of the mailbox each, and at most half of what the others left.
    let expected = [
        "a4", "b4", "c4", "d4", "e2", "e3", "e4", "f1", "f2", "f3", "f4",
    ];
    assert_eq!(full, expected);
    let mut bob = relay.agent(&bob).await;
    for _ in 0..19 {
        bob.accept().await;
    }
    bob.link.hears_nothing().await;
}

#[tokio::test]
async fn what_found_no_room_may_come_again_and_is_counted_once() {
    let relay = TestRelay::start_with(|settings| {
        settings.offline_queue_max = 5;
        settings.rate_limit_per_minute = 2;
    })
    .await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut alice = relay.plugin(&alice).await;
    alice.say(&bob.id, "m-1", "hi", relay.now()).await;
    assert_eq!(alice.link.expect("status").await["status"], "queued");
    for _ in 0..3 {
        alice.say(&bob.id, "m-2", "hi", relay.now()).await;
        assert_eq!(alice.link.expect("error").await["note"], "mailbox_full");
    }
    let mut bob = relay.agent(&bob).await;
    bob.accept().await;
    bob.link.hears_nothing().await;
    alice.say(&bob.id, "m-2", "hi", relay.now()).await;
    assert_eq!(bob.accept().await["id"], "m-2");
}

#[tokio::test]
async fn a_receiver_that_comes_back_as_version_1_is_not_given_what_it_would_alter() {
    let relay = TestRelay::start().await;
    let (alice, bob) = (relay.register("alice").await, relay.register("bob").await);
    let mut sender = relay.agent(&alice).await;
    relay.agent(&bob).await.link.close().await;
    for (id, content) in [("m-1", "cafe\u{301}"), ("m-2", "plain")] {
        sender.say(&bob.id, id, content, relay.now()).await;
        assert_eq!(sender.link.expect("status").await["status"], "queued");
    }
    sender.link.close().await;
    // Nobody is there to hear of it, so it stays.
    let mut plugin = relay.plugin(&bob).await;
    assert_eq!(plugin.message().await["id"], "m-2");
    plugin.link.close().await;
    // The sender is there, hears of it, and it goes.
    let mut sender = relay.agent(&alice).await;
    let mut plugin = relay.plugin(&bob).await;
    let error = sender.link.expect("error").await;
    plugin.link.hears_nothing().await;
    assert_eq!(
        (&error["code"], &error["message_id"]),
        (&json!("INVALID_CONTENT"), &json!("m-1"))
    );
    relay.has_no_mail_for(&bob).await;
}
