//! When the daemon connects, when it does not, and by whose clock it signs.

use std::time::Duration;

use serde_json::json;

use crate::support::alone::Home;
use crate::support::relay_v1::{NOW, RelayV1, text};

#[tokio::test]
async fn a_daemon_that_was_replaced_waits_until_the_other_is_gone() {
    let mut relay = RelayV1::start().await;
    let alone = Home::known(&relay.url());
    let alone = alone.start().await;
    let connection = relay.connection().await;
    connection.close(4001).await;
    alone.until_link("replaced").await;
    let status = alone.daemon.status().await.unwrap();
    assert!(!status.connected);
    assert!(status.last_error.unwrap().contains("another process"));
    // From here on nothing touches the disk, so time may run by itself.
    tokio::time::pause();
    relay.until_looked_up(3).await;
    assert_eq!(relay.tries().len(), 1);
    relay.set_online(false);
    let mut connection = relay.connection_whenever().await;
    tokio::time::resume();
    connection.send(&text("m1", "back", |_| ())).await;
    assert_eq!(alone.until_inbox(1).await, ["back"]);
    alone.stop().await;
}

#[tokio::test]
async fn a_replaced_daemon_stops_like_any_other() {
    let mut relay = RelayV1::start().await;
    let home = Home::known(&relay.url());
    let alone = home.start().await;
    relay.connection().await.close(4001).await;
    alone.until_link("replaced").await;
    alone.stop().await;
}

#[tokio::test]
async fn an_agent_that_the_relay_refuses_waits_for_a_person() {
    let relay = RelayV1::start().await;
    relay.refuse(401, "unknown agent");
    let home = Home::known(&relay.url());
    let alone = home.start().await;
    alone.until_link("refused").await;
    let status = alone.daemon.status().await.unwrap();
    assert_eq!(
        status.last_error.as_deref(),
        Some("the relay refused the connection with 401: unknown agent")
    );
    assert_eq!(relay.tries().len(), 1);
    alone.stop().await;
}

#[tokio::test]
async fn a_relay_that_proved_who_sends_is_not_taken_without_it_until_the_owner_says_so() {
    let mut relay = RelayV1::start().await;
    let mut home = Home::known(&relay.url());
    relay.offer(json!({
        "type": "session", "salt": "5e".repeat(32), "expires_in": 3600, "features": ["ack", "sig2"],
    }));
    let alone = home.start().await;
    let connection = relay.connection().await;
    alone.until_link("connected").await;
    let status = alone.daemon.status().await.unwrap();
    assert_eq!(status.relay_authenticates, Some(true));
    alone.stop().await;
    drop(connection);

    let alone = home.start().await;
    let connection = relay.connection().await;
    alone.until_link("refused").await;
    let status = alone.daemon.status().await.unwrap();
    assert!(status.last_error.unwrap().contains("--accept-unproven"));
    alone.stop().await;
    drop(connection);

    home.accept_unproven = true;
    let alone = home.start().await;
    let _connection = relay.connection().await;
    alone.until_link("connected").await;
    let status = alone.daemon.status().await.unwrap();
    assert_eq!(status.relay_authenticates, Some(false));
    alone.stop().await;
}

#[tokio::test]
async fn a_clock_that_differs_is_corrected_by_the_relays_in_all_that_is_signed() {
    // The body that names the reason may come too late to be read.
    for (body, hours) in [("clock_skew", 5), ("", 5), ("clock_skew", -5)] {
        let mut relay = RelayV1::start().await;
        let offset = Duration::from_secs(3600 * 5);
        let theirs = if hours > 0 {
            NOW + offset
        } else {
            NOW - offset
        };
        relay.set_now(theirs);
        relay.refuse(401, body);
        let home = Home::known(&relay.url());
        let alone = home.start().await;
        let mut connection = relay.connection().await;
        let tries: Vec<_> = relay.tries().iter().map(|one| one.timestamp).collect();
        assert_eq!(tries, [NOW.as_millis(), theirs.as_millis()]);
        assert!(relay.tries().iter().all(|one| one.is_signed));
        alone.say("hello").await;
        assert_eq!(connection.message().await["timestamp"], theirs.as_millis());
        let shown = alone.daemon.status().await.unwrap().clock_offset_ms;
        assert_eq!(shown, hours * 3_600_000);
        // A message is as old as the relay's clock says, and nobody's clock is off.
        let signed = theirs.as_millis();
        connection
            .send(&text("m1", "now", |f| f["timestamp"] = signed.into()))
            .await;
        alone.until_inbox(1).await;
        let message = alone.daemon.inbox(None, 1).await.unwrap().remove(0);
        assert_eq!(message.state, "waiting");
        // The policies' time follows this machine's clock where the relay's is far ahead of it.
        let five_minutes = Duration::from_secs(5 * 60);
        assert_eq!(message.received_at, theirs.min(NOW + five_minutes));
        assert_eq!(message.annotations.len(), 1, "{:?}", message.annotations);
        alone.stop().await;
    }
}

#[tokio::test]
async fn an_expired_timestamp_has_the_relays_clock_read_again() {
    let mut relay = RelayV1::start().await;
    let home = Home::known(&relay.url());
    let alone = home.start().await;
    let mut connection = relay.connection().await;
    alone.say("hello").await;
    connection.message().await;
    let theirs = NOW + Duration::from_secs(3600);
    relay.set_now(theirs);
    connection.say_error("TIMESTAMP_EXPIRED").await;
    let mut connection = relay.connection().await;
    assert_eq!(connection.message().await["timestamp"], theirs.as_millis());
    alone.stop().await;
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_by_itself() {
    let mut relay = RelayV1::start().await;
    relay.refuse(503, "later");
    relay.refuse(401, "clock_skew");
    let home = Home::known(&relay.url());
    let alone = home.start().await;
    // With no clock that differs, a wrong time is nobody's fault that a person could mend.
    let _connection = relay.connection().await;
    assert_eq!(relay.tries().len(), 3);
    alone.until_link("connected").await;
    alone.stop().await;
}

#[tokio::test]
async fn a_connection_that_drops_is_opened_again() {
    let mut relay = RelayV1::start().await;
    let home = Home::known(&relay.url());
    let alone = home.start().await;
    drop(relay.connection().await);
    relay.connection().await.close(1001).await;
    let mut connection = relay.connection().await;
    connection.send(&text("m1", "hello", |_| ())).await;
    assert_eq!(alone.until_inbox(1).await, ["hello"]);
    alone.stop().await;
}
