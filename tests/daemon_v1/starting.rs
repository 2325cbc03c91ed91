//! What a daemon does before it connects, what it leaves alone, and how it ends.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;

use opendialogue::daemon::{IdentityError, StartError};
use serde_json::json;

use crate::support::alone::Home;
use crate::support::relay_v1::{AGENT, NOW, PEER, RelayV1, SECRET};

#[tokio::test]
async fn the_first_run_registers_and_keeps_the_identity_private() {
    let mut relay = RelayV1::start().await;
    let home = Home::empty(&relay.url());
    let alone = home.start().await;
    let _connection = relay.connection().await;
    assert_eq!(alone.daemon.agent_id().as_str(), AGENT);
    assert_eq!(relay.registrations().len(), 1);
    assert_eq!(relay.registrations()[0]["name"], "test agent");
    let expected = json!({"agentId": AGENT, "agentSecret": SECRET, "relayUrl": relay.url()});
    assert_eq!(home.state(), expected);
    let mode = fs::metadata(home.state_file())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let connect = &relay.tries()[0];
    assert!(connect.is_signed);
    assert_eq!(connect.timestamp, NOW.as_millis());
    assert_eq!(connect.features, "ack, sig2");
    alone.stop().await;

    // The second run is the same agent.
    let alone = home.start().await;
    assert_eq!(relay.registrations().len(), 1);
    alone.stop().await;
}

#[tokio::test]
async fn the_plugins_state_file_is_taken_over_with_its_conversations() {
    let mut relay = RelayV1::start().await;
    let home = Home::empty(&relay.url());
    let plugins = json!({
        "agentId": AGENT, "agentSecret": SECRET, "somethingElse": [1, 2],
        "conversations": {
            PEER: {"conversationId": "c-old", "replySession": "agent:main"},
            "2": "c-plain",
        },
        "conversationTurns": {"c-old": 3, "2": 7},
    });
    home.write_state(&plugins.to_string());
    let alone = home.start().await;
    let mut connection = relay.connection().await;
    let mut expected = plugins.clone();
    expected["relayUrl"] = relay.url().into();
    assert_eq!(home.state(), expected);
    for (peer, conversation, turn) in [(PEER, "c-old", 4), ("2", "c-plain", 8)] {
        alone.say_to(peer, "hello again").await;
        let message = connection.message().await;
        assert_eq!(message["conversation_id"], conversation);
        assert_eq!(message["turn_number"], turn);
        connection.say_status(&message, "sent").await;
    }
    let conversations = alone.daemon.conversations().await.unwrap();
    let old = conversations.iter().find(|one| one.peer.as_str() == PEER);
    assert_eq!(old.unwrap().reply_session.as_deref(), Some("agent:main"));
    alone.stop().await;
}

#[tokio::test]
async fn an_identity_of_another_relay_is_given_up_only_when_asked_to() {
    let relay = RelayV1::start().await;
    let mut home = Home::empty(&relay.url());
    let elsewhere = json!({
        "agentId": "1", "agentSecret": "other", "relayUrl": "wss://elsewhere.example/connect",
    });
    home.write_state(&elsewhere.to_string());
    let refused = home.try_start().await.0.unwrap_err();
    let StartError::Identity(IdentityError::OtherRelay { theirs, ours, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(theirs.to_string(), "wss://elsewhere.example/connect");
    assert_eq!(ours.to_string(), relay.url());
    assert_eq!(home.state(), elsewhere);
    assert!(!home.data_dir().exists());
    home.register_again = true;
    let alone = home.start().await;
    assert_eq!(alone.daemon.agent_id().as_str(), AGENT);
    assert_eq!(home.state()["relayUrl"], relay.url());
    alone.stop().await;
}

#[tokio::test]
async fn what_waits_is_not_sent_under_the_name_of_a_new_registration() {
    // Nothing listens there.
    let mut home = Home::empty("ws://127.0.0.1:9");
    home.write_state(&json!({"agentId": "1", "agentSecret": "other"}).to_string());
    let alone = home.start().await;
    let old = alone.say("as the former agent").await.message_id;
    alone.stop().await;

    let mut relay = RelayV1::start().await;
    home.move_to(&relay.url());
    home.register_again = true;
    let alone = home.start().await;
    let mut connection = relay.connection().await;
    alone.say("as the new one").await;
    assert_eq!(connection.message().await["content"], "as the new one");
    let story = alone.daemon.story(&old).await.unwrap().remove(0);
    assert_eq!(
        (story.from.as_str(), story.state.as_str()),
        ("1", "refused")
    );
    alone.stop().await;
}

#[tokio::test]
async fn a_state_file_that_cannot_be_used_stops_the_daemon_before_anything_is_made() {
    let relay = RelayV1::start().await;
    let whole = json!({"agentId": AGENT, "agentSecret": SECRET}).to_string();
    for (text, mode, says) in [
        (&whole[..whole.len() - 5], 0o600, "cut off"),
        ("not JSON", 0o600, "not JSON"),
        ("[]", 0o600, "not a JSON object"),
        ("{\"agentId\": \"1\"}", 0o600, "agentSecret"),
        (&whole, 0o640, "chmod"),
    ] {
        let home = Home::empty(&relay.url());
        home.write_state(text);
        home.set_mode(mode);
        let refused = home.try_start().await.0.unwrap_err().to_string();
        assert!(refused.contains(says), "{text}: {refused}");
        assert_eq!(fs::read_to_string(home.state_file()).unwrap(), text);
        assert!(!home.data_dir().exists(), "{text}");
    }
    assert_eq!(relay.registrations().len(), 0);
    assert_eq!(relay.tries(), []);
}

#[tokio::test]
async fn a_database_that_is_broken_or_newer_stops_the_daemon_before_it_registers() {
    let relay = RelayV1::start().await;
    let broken = |path: &std::path::Path| fs::write(path, "no database ".repeat(999)).unwrap();
    let newer = |path: &std::path::Path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
    };
    type Make<'a> = &'a dyn Fn(&std::path::Path);
    let cut_off = |path: &std::path::Path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection
            .execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(99999))")
            .unwrap();
        drop(connection);
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(9 * 4096).unwrap();
    };
    let cases: [(Make<'_>, &str); 3] = [
        (&cut_off, "is damaged (database disk image is malformed)"),
        (&broken, "not a database"),
        (&newer, "use the newer program"),
    ];
    for (make, says) in cases {
        let home = Home::empty(&relay.url());
        fs::create_dir(home.data_dir()).unwrap();
        fs::set_permissions(home.data_dir(), fs::Permissions::from_mode(0o700)).unwrap();
        let path = home.data_dir().join("daemon.db");
        make(&path);
        let before = fs::read(&path).unwrap();
        let (refused, tasks) = home.try_start().await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, StartError::Open(_)), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains(says) && said.contains("daemon.db"), "{said}");
        assert!(fs::read(&path).unwrap() == before, "{said}");
        assert!(!home.state_file().exists());
        tasks
            .drain(std::time::Duration::from_secs(5))
            .await
            .unwrap();
    }
    assert_eq!(relay.registrations().len(), 0);
}

#[tokio::test]
async fn stopping_ends_in_time_and_leaves_everything_on_disk() {
    let mut relay = RelayV1::start().await;
    let home = Home::known(&relay.url());
    let alone = home.start().await;
    let mut connection = relay.connection().await;
    let sent = alone.say("before the end").await;
    let first = connection.message().await;
    // The handle outlives the daemon.
    let handle = alone.daemon.clone();
    alone.stop().await;
    assert_eq!(connection.until_closed().await, Some(1000));
    assert!(
        handle
            .send(crate::support::alone::request(PEER, "too late"))
            .await
            .is_err()
    );
    drop(handle);

    let alone = home.start().await;
    let mut connection = relay.connection().await;
    let again = connection.message().await;
    assert_eq!(again["id"], first["id"]);
    assert_ne!(again["nonce"], first["nonce"]);
    connection.say_status(&again, "sent").await;
    alone.until_happened(&sent.message_id, "sent").await;
    let story = alone
        .daemon
        .story(&sent.message_id)
        .await
        .unwrap()
        .remove(0);
    assert!(story.may_repeat);
    alone.stop().await;
}

#[tokio::test]
async fn a_database_that_proves_damaged_closes_the_rooms_and_status_says_so() {
    let mut relay = RelayV1::start().await;
    let home = Home::known(&relay.url());
    let before = home.start().await;
    relay.connection().await;
    before.stop().await;
    let alone = home.start().await;
    let mut connection = relay.connection().await;
    alone.until_link("connected").await;
    let path = home.data_dir().join("daemon.db");
    let bytes = fs::metadata(&path).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    let garbage = vec![0xA5; usize::try_from(bytes).unwrap() - 4096];
    file.write_all(&garbage).unwrap();
    // One of them meets a page that is not in memory yet.
    let _ = alone.daemon.inbox(None, 9).await;
    let _ = alone.daemon.conversations().await;
    let _ = alone.daemon.trust().await;
    assert_eq!(connection.until_closed().await, Some(1000));
    alone.until_link("stopped").await;
    let status = alone.daemon.status().await.unwrap();
    assert!(!status.connected && !status.gateway_ready);
    let problem = status.database_problem.unwrap();
    assert!(problem.contains("daemon.db` is damaged"), "{problem}");
    assert_eq!(status.last_error, Some(problem));
    let late = alone.daemon.send(crate::support::alone::request(PEER, "x"));
    assert!(late.await.is_err(), "nothing is taken");
    assert!(!alone.tasks.is_broken());
    alone.stop().await;
}
