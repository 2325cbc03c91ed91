//! A message crosses: a relay, two daemons and two gateways, the real ones over loopback.

use std::time::Duration;

use opendialogue::daemon::view::SendRefusal;
use opendialogue::types::Trust;

use crate::support::house::{Middle, request, start_daemon};

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_both_ways_and_reach_the_agents_as_they_were_written() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent().await);
    let long = "😀".repeat(1000);
    let as_sent = |text| (text, text);
    let texts = [
        as_sent("hello"),
        as_sent("می\u{200c}خواهم، کتاب\u{200c}ها"),
        // Signed and verified as it was written, and read in the form that all texts have.
        (
            "👨\u{200d}👩\u{200d}👧 and cafe\u{301}",
            "👨\u{200d}👩\u{200d}👧 and café",
        ),
        as_sent("a|b \"quoted\" \\ \t tab"),
        as_sent(long.as_str()),
    ];
    for (n, (written, text)) in texts.into_iter().enumerate() {
        let sent = ada.say(&ben, written).await;
        let received = ben.until_received(&sent.message_id).await;
        assert_eq!(received.content, text);
        assert_eq!(received.from, ada.id());
        assert_eq!(received.conversation_id, sent.conversation_id);
        let runs = ben.gateway.until_run(n + 1).await;
        assert!(runs[n].message.contains(text), "{text}");
        assert_eq!(runs[n].name.as_deref(), Some("OpenDialogue"));
        ada.until_settled(&sent.message_id).await;
        ben.until_happened(&sent.message_id, "delivered").await;
    }
    let answer = ben.say(&ada, "and back").await;
    let first = ada.until_received(&answer.message_id).await;
    assert_eq!(first.content, "and back");
    let conversations = ada.daemon.conversations().await.unwrap();
    assert_eq!(
        conversations.len(),
        1,
        "the answer goes into the same conversation"
    );
    assert_eq!(conversations[0].turns, 6);
    assert_eq!(ada.gateway.until_run(1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_an_agent_that_is_away_waits_at_the_relay_and_comes_once() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent().await);
    let to_ben = request(&ben, "while you were out");
    let ben = ben.leave().await;
    let sent = ada.daemon.send(to_ben).await.unwrap().unwrap();
    ada.until_happened(&sent.message_id, "at_relay").await;

    let ben = ben.come_back().await;
    let received = ben.until_received(&sent.message_id).await;
    assert_eq!(received.content, "while you were out");
    ben.until_happened(&sent.message_id, "delivered").await;

    // Had it come twice, the second would have overtaken this.
    let after = ada.say(&ben, "still once?").await;
    ben.until_happened(&after.message_id, "delivered").await;
    assert_eq!(ben.gateway.runs().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_here_goes_out_after_a_restart_of_the_relay_and_of_the_daemon() {
    let mut relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent().await);
    relay.stop().await;
    ada.until_link("waiting").await;
    let sent = ada.say(&ben, "into the dark").await;

    let ada = ada.leave().await;
    relay.start_again().await;
    let ada = ada.come_back().await;
    ben.until_happened(&sent.message_id, "delivered").await;
    assert_eq!(ben.gateway.runs().len(), 1);
    // The word that it is there may come back a moment after it.
    ada.until(async |daemon| (daemon.status().await.unwrap().outbox == 0).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_peer_is_told_only_that_it_is_not_accepted() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent().await);
    ben.daemon
        .set_trust(&ada.id(), Trust::Blocked)
        .await
        .unwrap();
    let sent = ada.say(&ben, "let me in").await;
    let why = ada
        .until_happened(&sent.message_id, "refused")
        .await
        .unwrap();
    assert!(why.contains("not_accepted"), "{why}");
    assert!(!why.contains("blocked"), "{why}");
    let kept = ben.until_received(&sent.message_id).await;
    assert_eq!(kept.state, "refused");
    assert_eq!(ben.gateway.runs().len(), 0);

    let refused = ben.daemon.send(request(&ada, "and you")).await.unwrap();
    assert!(
        matches!(refused, Err(SendRefusal::Policy { .. })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_conversation_is_over_for_both_and_a_new_one_begins() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent().await);
    let first = ada.say(&ben, "hello").await;
    ben.until_received(&first.message_id).await;
    let end = ada.end(&first.conversation_id).await;
    ben.until_happened(&end.message_id, "noted").await;

    let mut late = request(&ada, "one more thing");
    late.conversation_id = Some(first.conversation_id.clone());
    let refused = ben.daemon.send(late).await.unwrap();
    assert_eq!(
        refused,
        Err(SendRefusal::ConversationEnded(
            first.conversation_id.clone()
        ))
    );

    let fresh = ben.say(&ada, "about something else").await;
    assert_ne!(fresh.conversation_id, first.conversation_id);
    ada.until_happened(&fresh.message_id, "delivered").await;
    // The `end` woke nobody.
    assert_eq!(ben.gateway.runs().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_of_one_identity_takes_over_and_the_first_says_so() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent().await);
    let twin_home = tempfile::tempdir().unwrap();
    for file in [
        "opendialogue-state.json",
        "opendialogue.toml",
        "openclaw.json",
    ] {
        std::fs::copy(ada.home().join(file), twin_home.path().join(file)).unwrap();
    }
    let (twin, tasks) = start_daemon(twin_home.path()).await;
    ada.until_link("replaced").await;
    assert_eq!(twin.agent_id(), ada.daemon.agent_id());

    let sent = ben.say(&ada, "who is there?").await;
    ben.until_settled(&sent.message_id).await;
    twin.wait_for_inbox(0, Duration::from_secs(30))
        .await
        .unwrap();
    let at_twin = twin.inbox(None, 10).await.unwrap();
    assert_eq!(at_twin[0].message_id, sent.message_id);
    assert_eq!(ada.daemon.inbox(None, 10).await.unwrap().len(), 0);
    tasks.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_relay_may_carry_settles_as_refused() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent().await);
    let mut nobody = request(&ben, "hello?");
    nobody.to = "99999999".parse().unwrap();
    let sent = ada.daemon.send(nobody).await.unwrap().unwrap();
    let why = ada
        .until_happened(&sent.message_id, "refused")
        .await
        .unwrap();
    assert!(why.contains("AGENT_NOT_FOUND"), "{why}");
}
