//! Messages in: whatever comes, what is honest arrives, as it was written and once.

use axum::extract::ws::Message;
use opendialogue::daemon::view::Event;
use opendialogue::types::{AgentId, Kind, Trust};
use serde_json::json;

use super::sending::connected;
use crate::support::alone::Home;
use crate::support::relay_v1::{PEER, RelayV1, text};

#[tokio::test]
async fn text_arrives_as_it_was_sent_and_from_nobody_in_particular() {
    let mut relay = RelayV1::start().await;
    let mut home = Home::known(&relay.url());
    // What this policy does to text is tried elsewhere: here nothing but the wire has it.
    home.policies = "[[policy]]\nname = \"sanitize\"\nmode = \"off\"\n";
    let alone = home.start().await;
    let mut connection = relay.connection().await;
    let peer = AgentId::new(PEER).unwrap();
    alone.daemon.set_trust(&peer, Trust::Owner).await.unwrap();
    let long = "x".repeat(2000);
    let texts = [
        "cafe\u{301} nai\u{308}ve",
        "👨\u{200d}👩\u{200d}👧\u{200d}👦",
        "می\u{200c}خواهم کتاب\u{200c}ها را",
        "a|b \"quoted\" \\ \t\n tab",
        long.as_str(),
    ];
    for (n, content) in texts.iter().enumerate() {
        connection
            .send(&text(&format!("m{n}"), content, |_| ()))
            .await;
    }
    assert_eq!(alone.until_inbox(texts.len()).await, texts);
    let first = &alone.daemon.inbox(None, 9).await.unwrap()[0];
    assert_eq!(first.trust, Trust::Unknown);
    let noted: Vec<_> = first.annotations.iter().map(|a| a.key()).collect();
    assert_eq!(noted, ["unauthenticated_relay"]);
    assert_eq!(
        alone.daemon.status().await.unwrap().relay_authenticates,
        Some(false)
    );
    alone.stop().await;
}

#[tokio::test]
async fn forged_replayed_and_misled_frames_are_dropped_and_the_honest_one_is_not() {
    let (_relay, _home, alone, mut connection) = connected().await;
    let honest = text("m1", "honest", |_| ());
    let mut forged = honest.clone();
    forged["content"] = "forged".into();
    let frames = [
        forged.clone(),
        honest.clone(),
        honest,
        forged,
        text("m2", "same nonce", |f| f["nonce"] = "nonce-m1".into()),
        text("m1", "same id", |f| f["nonce"] = "another".into()),
        text("m3", "misled", |f| f["to"] = "12345678".into()),
        text("m4", "nowhere", |f| f["conversation_id"] = "".into()),
        text("m5", "last", |f| f["turn_number"] = 7.into()),
    ];
    for frame in &frames {
        connection.send(frame).await;
    }
    assert_eq!(alone.until_inbox(2).await, ["honest", "last"]);
    alone.stop().await;
}

#[tokio::test]
async fn garbage_does_not_end_the_session_and_nothing_is_said_to_it() {
    let (_relay, _home, alone, mut connection) = connected().await;
    let missing = |name: &str| {
        let mut frame = text("m0", "x", |_| ());
        frame.as_object_mut().unwrap().remove(name);
        frame.to_string()
    };
    let wrong = |name: &str, value| {
        let frame = text("m0", "x", |f| f[name] = value);
        frame.to_string()
    };
    let mut garbage = vec![
        String::new(),
        "no JSON".to_owned(),
        "[]".to_owned(),
        "{\"type\": \"text\"".to_owned(),
        json!({"type": "song", "title": "x"}).to_string(),
        json!({"type": "pong"}).to_string(),
        json!({"type": "ping"}).to_string(),
        json!({"type": "status", "status": "sent"}).to_string(),
        json!({"type": "status", "status": "sent", "message_id": "unheard-of"}).to_string(),
        json!({"type": "error", "code": "SOMETHING_NEW", "message": "x"}).to_string(),
        json!({"type": "conversation_ended", "conversation_id": "unheard-of", "reason": "ttl"})
            .to_string(),
        wrong("content", 7.into()),
        wrong("timestamp", "now".into()),
        wrong("turn_number", 0.into()),
        wrong("id", "a|b".into()),
        wrong("from", "x".repeat(129).into()),
        text("m0", "x", |_| ())
            .to_string()
            .replace("\"x\"", "\"\\ud800\""),
    ];
    garbage.extend(["id", "from", "to", "content", "nonce", "signature"].map(missing));
    for frame in garbage {
        connection.send_raw(Message::text(frame)).await;
    }
    connection.send_raw(Message::binary(vec![0, 1, 2])).await;
    connection.ping().await;
    connection.send(&text("m1", "still here", |_| ())).await;
    assert_eq!(alone.until_inbox(1).await, ["still here"]);
    // The daemon's next frame is a message: no ack, no error.
    alone.say("and here").await;
    let message = connection.message().await;
    assert_eq!(message["content"], "and here");
    alone.stop().await;
}

#[tokio::test]
async fn typing_is_told_to_who_listens_and_to_nobody_else() {
    let (_relay, _home, alone, mut connection) = connected().await;
    let mut events = alone.daemon.events();
    let typing = text("t1", "", |f| f["type"] = "typing".into());
    connection.send(&typing).await;
    let told = loop {
        if let Event::Live { peer, kind, .. } = events.recv().await.unwrap() {
            break (peer, kind);
        }
    };
    assert_eq!(told, (AgentId::new(PEER).unwrap(), Kind::Typing));
    connection.send(&text("m1", "hello", |_| ())).await;
    assert_eq!(alone.until_inbox(1).await, ["hello"]);
    alone.stop().await;
}

#[tokio::test]
async fn an_end_closes_the_conversation_here() {
    let (_relay, _home, alone, mut connection) = connected().await;
    connection.send(&text("m1", "hello", |_| ())).await;
    connection
        .send(&text("m2", "", |f| f["type"] = "end".into()))
        .await;
    alone.until_inbox(2).await;
    let ended = alone.daemon.conversations().await.unwrap().remove(0);
    assert_eq!(ended.ended_because.as_deref(), Some("the peer ended it"));
    alone.stop().await;
}

#[tokio::test]
async fn a_frame_that_is_too_long_or_a_second_session_ends_this_one_only() {
    let (mut relay, _home, alone, mut connection) = connected().await;
    connection
        .send_raw(Message::text("x".repeat(128 * 1024 + 1)))
        .await;
    assert_eq!(connection.until_closed().await, Some(1009));
    let mut connection = relay.connection().await;
    connection.send_session().await;
    connection.until_closed().await;
    let mut connection = relay.connection().await;
    connection.send(&text("m1", "still here", |_| ())).await;
    assert_eq!(alone.until_inbox(1).await, ["still here"]);
    alone.stop().await;
}
