//! Messages out: one unsettled at a time, and what each answer does.

use std::time::Duration;

use opendialogue::daemon::view::SendRefusal;
use opendialogue::types::ErrorCode;
use serde_json::{Value, json};

use crate::support::alone::{Alone, Home, request};
use crate::support::relay_v1::{Connection, NOW, PEER, RelayV1};

#[tokio::test]
async fn one_message_is_unsettled_at_a_time_and_the_next_answer_is_its_own() {
    let (_relay, _home, alone, mut connection) = connected().await;
    let mut sent = Vec::new();
    for content in ["one", "two", "three"] {
        sent.push(alone.say(content).await.message_id);
    }
    let one = connection.message().await;
    assert_eq!(one["content"], "one");
    assert_eq!(one["turn_number"], 1);
    assert_eq!(one["max_turns"], 20);
    connection.ping().await;
    // A status for another message is no answer to this one.
    connection
        .say_status(&json!({"id": "another"}), "sent")
        .await;
    assert_eq!(alone.state(&sent[0]).await, "queued");
    connection.say_status(&one, "queued").await;
    alone.until_happened(&sent[0], "at_relay").await;
    // An error names no message.
    let two = connection.message().await;
    assert_eq!(
        (&two["content"], &two["turn_number"]),
        (&json!("two"), &json!(2))
    );
    assert_eq!(two.get("max_turns"), None);
    connection.say_error("AGENT_BLOCKED").await;
    let why = alone.until_happened(&sent[1], "refused").await.unwrap();
    assert!(
        why.contains("AGENT_BLOCKED") && why.contains("because"),
        "{why}"
    );
    let three = connection.message().await;
    assert_eq!(three["content"], "three");
    connection.say_status(&three, "sent").await;
    alone.until_happened(&sent[2], "sent").await;
    alone.stop().await;
}

#[tokio::test]
async fn every_code_has_its_effect_on_the_row() {
    use ErrorCode::*;
    let (mut relay, _home, alone, mut connection) = connected().await;
    for (n, code) in ErrorCode::ALL.into_iter().enumerate() {
        // What waits keeps back only messages to the same receiver.
        let sent = alone.say_to(&format!("2000{n}"), "hello").await.message_id;
        let message = connection.message().await;
        connection.say_error(code.as_str()).await;
        let happened = match code {
            RateLimited | InternalError | ReplayAttack | TimestampExpired | InvalidSignature => {
                "retry"
            }
            MessageTooLarge | InvalidMessageType | InvalidContent | AgentNotFound
            | AgentBlocked | NotInAllowlist | ConversationEnded | Unauthorized => "refused",
        };
        let why = alone.until_happened(&sent, happened).await.unwrap();
        assert!(why.contains(code.as_str()), "{why}");
        match code {
            TimestampExpired | InvalidSignature => {
                connection.until_closed().await;
                connection = relay.connection().await;
                answer_again(&alone, &mut connection, &message).await;
            }
            ReplayAttack => answer_again(&alone, &mut connection, &message).await,
            RateLimited | InternalError => assert_eq!(alone.state(&sent).await, "queued"),
            MessageTooLarge | InvalidMessageType | InvalidContent | AgentNotFound
            | AgentBlocked | NotInAllowlist | ConversationEnded | Unauthorized => {}
        }
        if code == ConversationEnded {
            let mut more = request(&format!("2000{n}"), "more");
            let ended = message["conversation_id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            more.conversation_id = Some(ended);
            let refused = alone.daemon.send(more).await.unwrap();
            assert!(
                matches!(refused, Err(SendRefusal::ConversationEnded(_))),
                "{refused:?}"
            );
        }
    }
    alone.stop().await;
}

#[tokio::test]
async fn a_signature_refused_twice_is_refused_for_good() {
    let (mut relay, _home, alone, mut connection) = connected().await;
    let sent = alone.say("hello").await.message_id;
    connection.message().await;
    connection.say_error("INVALID_SIGNATURE").await;
    let mut connection = relay.connection().await;
    connection.message().await;
    connection.say_error("INVALID_SIGNATURE").await;
    alone.until_happened(&sent, "refused").await;
    alone.stop().await;
}

#[tokio::test]
async fn what_is_refused_for_now_waits_keeps_its_receivers_others_back_and_goes_again() {
    let (_relay, home, alone, mut connection) = connected().await;
    alone.say("first").await;
    let first = connection.message().await;
    connection.say_error("RATE_LIMITED").await;
    let first_id = first["id"].as_str().unwrap().parse().unwrap();
    alone.until_happened(&first_id, "retry").await;
    alone.say("second").await;
    // Nothing to this receiver comes before the time; another's passes.
    alone.say_to("2", "other").await;
    let other = connection.message().await;
    assert_eq!(other["to"], "2");
    connection.say_status(&other, "sent").await;
    home.clock.set(NOW + Duration::from_secs(5));
    for content in ["first", "second"] {
        let message = connection.message().await;
        assert_eq!(message["content"], content);
        connection.say_status(&message, "sent").await;
    }
    alone.stop().await;
}

#[tokio::test]
async fn an_end_is_settled_by_the_end_of_the_conversation() {
    let (_relay, _home, alone, mut connection) = connected().await;
    let sent = alone.say("hello").await;
    let message = connection.message().await;
    connection.say_status(&message, "sent").await;
    let conversation = sent.conversation_id;
    let end = alone
        .daemon
        .end_conversation(&conversation, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(connection.message().await["type"], "end");
    connection
        .send(&ended(&conversation, "participant_ended"))
        .await;
    alone.until_happened(&end.message_id, "sent").await;
    // The next message opens another.
    let next = alone.say("hello again").await;
    assert_ne!(next.conversation_id, conversation);
    let message = connection.message().await;
    connection.say_status(&message, "sent").await;

    // What the relay ends is over here too.
    connection.send(&ended(&next.conversation_id, "ttl")).await;
    let last = connection_sees_another(&alone, &mut connection, &next.conversation_id).await;
    assert_eq!(last["turn_number"], 1);
    alone.stop().await;
}

#[tokio::test]
async fn silence_means_once_more_under_the_same_id_and_then_less_and_less_often() {
    let (_relay, home, alone, mut connection) = connected().await;
    let sent = alone.say("hello").await.message_id;
    let first = connection.message().await;
    let later = NOW + Duration::from_secs(10);
    home.clock.set(later);
    let second = connection.message().await;
    assert_eq!(second["id"], first["id"]);
    assert_ne!(second["nonce"], first["nonce"]);
    assert_eq!(second["timestamp"], later.as_millis());
    home.clock.set(later + Duration::from_secs(10));
    alone
        .until(async |daemon| {
            let story = daemon.story(&sent).await.unwrap().remove(0);
            let retries = story
                .events
                .iter()
                .filter(|event| event.what == "retry")
                .count();
            (retries == 2).then_some(())
        })
        .await;
    // Not at once again: another receiver's message comes first.
    alone.say_to("2", "other").await;
    let other = connection.message().await;
    assert_eq!(other["to"], "2");
    connection.say_status(&other, "sent").await;
    home.clock.set(later + Duration::from_secs(30));
    let third = connection.message().await;
    assert_eq!(third["id"], first["id"]);
    connection.say_status(&third, "sent").await;
    alone.until_happened(&sent, "sent").await;
    assert!(alone.daemon.story(&sent).await.unwrap()[0].may_repeat);
    alone.stop().await;
}

#[tokio::test]
async fn what_was_unsettled_when_the_connection_dropped_goes_again_under_its_id() {
    let (mut relay, _home, alone, mut connection) = connected().await;
    let sent = alone.say("hello").await.message_id;
    let first = connection.message().await;
    drop(connection);
    alone.until_link("waiting").await;
    let mut connection = relay.connection().await;
    let second = connection.message().await;
    assert_eq!(second["id"], first["id"]);
    assert_ne!(second["nonce"], first["nonce"]);
    connection.say_status(&second, "sent").await;
    alone.until_happened(&sent, "sent").await;
    alone.stop().await;
}

#[tokio::test]
async fn a_message_has_1_to_2000_utf16_units() {
    let (_relay, _home, alone, _connection) = connected().await;
    for (content, is_taken) in [
        (String::new(), false),
        ("x".to_owned(), true),
        ("x".repeat(2000), true),
        ("x".repeat(2001), false),
        ("😀".repeat(1000), true),
        ("😀".repeat(1000) + "x", false),
        ("é".repeat(2000), true),
    ] {
        let units = content.encode_utf16().count();
        let answer = alone.daemon.send(request(PEER, &content)).await.unwrap();
        match answer {
            Ok(_) => assert!(is_taken, "{units}"),
            Err(SendRefusal::Malformed(why)) => assert!(!is_taken, "{units}: {why}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    alone.stop().await;
}

pub(super) async fn connected() -> (RelayV1, Home, Alone, Connection) {
    let mut relay = RelayV1::start().await;
    let home = Home::known(&relay.url());
    let alone = home.start().await;
    let connection = relay.connection().await;
    (relay, home, alone, connection)
}

async fn answer_again(alone: &Alone, connection: &mut Connection, first: &Value) {
    let again = connection.message().await;
    assert_eq!(again["id"], first["id"]);
    assert_ne!(again["nonce"], first["nonce"]);
    connection.say_status(&again, "sent").await;
    let id = again["id"].as_str().unwrap().parse().unwrap();
    alone.until_happened(&id, "sent").await;
}

/// Sends until a message goes in another conversation than `before`.
async fn connection_sees_another(
    alone: &Alone,
    connection: &mut Connection,
    before: &opendialogue::types::ConversationId,
) -> Value {
    loop {
        alone.say("still there?").await;
        let message = connection.message().await;
        connection.say_status(&message, "sent").await;
        if message["conversation_id"] != before.as_str() {
            return message;
        }
    }
}

fn ended(conversation: &opendialogue::types::ConversationId, reason: &str) -> Value {
    json!({"type": "conversation_ended", "conversation_id": conversation, "reason": reason})
}
