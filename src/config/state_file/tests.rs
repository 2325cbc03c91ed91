use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;
use crate::files::create_private;

const PLUGINS: &str = r#"{
  "zebra": {"kept": [1, 2.5, null]},
  "agentId": "10079218",
  "agentSecret": "5ec2e7",
  "maxTurnsPerConversation": 12,
  "notifyChannel": "telegram",
  "notifyTarget": "4711",
  "conversations": {
    "20000001": "c-1",
    "20000002": {"conversationId": "c-2", "replySession": "agent:main:talk"},
    "20000003": {"conversationId": "c-3", "since": 5}
  },
  "conversationTurns": {"c-1": 3, "20000002": 4},
  "apple": true
}
"#;

#[test]
fn the_plugins_file_is_taken_over_and_comes_out_as_it_went_in() {
    let state = StateFile::parse(PLUGINS).unwrap();
    assert_eq!(state.complaints, [""; 0]);
    assert_eq!(state.agent_id, Some("10079218".parse().unwrap()));
    assert_eq!(state.agent_secret, Some(Secret::new("5ec2e7")));
    assert_eq!(state.max_turns_per_conversation, NonZeroU64::new(12));
    assert_eq!(state.notify_channel.as_deref(), Some("telegram"));
    assert_eq!(state.notify_target.as_deref(), Some("4711"));
    let conversation = |peer: &str| {
        let known = state.conversations.get(peer).unwrap();
        (known.id.as_str(), known.reply_session.as_deref())
    };
    assert_eq!(conversation("20000001"), ("c-1", None));
    assert_eq!(conversation("20000002"), ("c-2", Some("agent:main:talk")));
    assert_eq!(conversation("20000003"), ("c-3", None));
    assert_eq!(state.conversation_turns["20000002"], 4);

    let written: Value = serde_json::from_str(&state.to_text()).unwrap();
    let read: Value = serde_json::from_str(PLUGINS).unwrap();
    assert_eq!(written, read);
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&written), keys(&read), "the order is kept too");
}

#[test]
fn identity_and_relay_are_set_and_the_rest_is_kept() {
    let relay = RelayUrl::parse("wss://relay.example/connect").unwrap();
    let identity = Identity {
        agent_id: "7".parse().unwrap(),
        agent_secret: Secret::new("new"),
    };
    let state = StateFile::parse(r#"{"agentId": "1", "agentSecret": "old", "x": 1}"#).unwrap();
    let state = state.with_identity(identity.clone()).with_relay_url(relay);
    let again = StateFile::parse(&state.to_text()).unwrap();
    assert_eq!(again, state);
    assert_eq!(
        again.identity(&IdentityOverride::default()),
        Ok(Some(identity))
    );
    insta::assert_snapshot!(state.to_text(), @r#"
    {
      "agentId": "7",
      "agentSecret": "new",
      "x": 1,
      "relayUrl": "wss://relay.example/connect"
    }
    "#);
}

#[test]
fn bad_entries_are_passed_over_one_by_one() {
    let state = StateFile::parse(
        r#"{"conversations": {"a|b": "c", "1": "", "2": 5, "3": {"x": 1}, "4": "good"},
            "conversationTurns": {"c": -1, "d": 2.5, "e": 3}, "notifyChannel": 7,
            "maxTurnsPerConversation": 0, "notifyTarget": null}"#,
    )
    .unwrap();
    assert_eq!(state.conversations.len(), 1);
    assert_eq!(
        state.conversation_turns,
        BTreeMap::from([("e".to_owned(), 3)])
    );
    insta::assert_snapshot!(state.complaints.join("\n"), @r#"
    `notifyChannel` is not a text and was passed over
    `maxTurnsPerConversation` is not a whole number above zero and was passed over
    the entry "a|b" of `conversations` was passed over
    the entry "1" of `conversations` was passed over
    the entry "2" of `conversations` was passed over
    the entry "3" of `conversations` was passed over
    the entry "c" of `conversationTurns` was passed over
    the entry "d" of `conversationTurns` was passed over
    "#);
}

#[test]
fn a_file_that_cannot_be_trusted_is_a_fault() {
    let at = |line, column| Position { line, column };
    let wrong = |key, expected| StateFault::Identity { key, expected };
    for (text, fault) in [
        ("", StateFault::Truncated(at(1, 1))),
        (
            "{\"agentId\": \"1\",\n \"agentSec",
            StateFault::Truncated(at(2, 10)),
        ),
        ("{agentId: 1}", StateFault::NotJson(at(1, 2))),
        ("{} x", StateFault::NotJson(at(1, 4))),
        ("[]", StateFault::NotAnObject),
        ("null", StateFault::NotAnObject),
        (
            r#"{"agentId": 10079218}"#,
            wrong("agentId", "an agent's id"),
        ),
        (r#"{"agentId": "a b"}"#, wrong("agentId", "an agent's id")),
        (r#"{"agentSecret": ["x"]}"#, wrong("agentSecret", "a text")),
        (
            r#"{"relayUrl": "relay"}"#,
            wrong("relayUrl", "a relay's URL"),
        ),
    ] {
        assert_eq!(StateFile::parse(text), Err(fault), "{text}");
    }
}

#[test]
fn the_environment_stands_over_the_file_and_half_an_identity_is_refused() {
    let file = |text| StateFile::parse(text).unwrap();
    let both = file(r#"{"agentId": "1", "agentSecret": "s"}"#);
    let id_only = file(r#"{"agentId": "1"}"#);
    let unregistered = file(r#"{"agentId": "", "agentSecret": null}"#);
    let none = IdentityOverride::default();
    let over = IdentityOverride {
        agent_id: Some("2".parse().unwrap()),
        agent_secret: Some(Secret::new("t")),
    };
    let secret_only = IdentityOverride {
        agent_id: None,
        ..over.clone()
    };
    let identity = |id: &str, secret: &str| {
        Ok(Some(Identity {
            agent_id: id.parse().unwrap(),
            agent_secret: Secret::new(secret),
        }))
    };
    let half = |present, missing| Err(HalfIdentity { present, missing });
    for (file, over, expected) in [
        (&both, &none, identity("1", "s")),
        (&both, &over, identity("2", "t")),
        (&both, &secret_only, identity("1", "t")),
        (&id_only, &none, half("agentId", "agentSecret")),
        (&id_only, &secret_only, identity("1", "t")),
        (&unregistered, &none, Ok(None)),
        (&unregistered, &secret_only, half("agentSecret", "agentId")),
        (&StateFile::empty(), &over, identity("2", "t")),
    ] {
        assert_eq!(file.identity(over), expected);
    }
}

#[test]
fn a_file_on_disk_is_read_only_when_it_is_private_and_whole() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("opendialogue-state.json");
    assert!(StateFile::read(&path).unwrap().is_none());

    create_private(&path, b"{\"agentId\": \"1\"").unwrap();
    let sentence = StateFile::read(&path).unwrap_err().to_string();
    assert!(
        sentence.contains("is cut off at line 1, column 15; bring back"),
        "{sentence}"
    );
    assert_eq!(
        std::fs::read(&path).unwrap(),
        b"{\"agentId\": \"1\"",
        "it is left as it was"
    );

    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let sentence = StateFile::read(&path).unwrap_err().to_string();
    assert!(sentence.contains("mend it with `chmod 600 "), "{sentence}");
}

#[test]
fn writing_keeps_the_last_good_file_beside_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("opendialogue-state.json");
    let first = StateFile::parse(PLUGINS).unwrap();
    first.write(&path).unwrap();
    assert!(!backup_path(&path).exists(), "there was nothing to keep");

    let relay = RelayUrl::parse("ws://127.0.0.1:1").unwrap();
    let second = first.clone().with_relay_url(relay);
    second.write(&path).unwrap();
    assert_eq!(StateFile::read(&path).unwrap(), Some(second.clone()));
    assert_eq!(
        StateFile::read(&backup_path(&path)).unwrap(),
        Some(first.clone())
    );

    replace_private(&path, b"{ broken").unwrap();
    assert!(second.write(&path).is_err());
    assert_eq!(
        std::fs::read(&path).unwrap(),
        b"{ broken",
        "nobody writes over it"
    );
    assert_eq!(StateFile::read(&backup_path(&path)).unwrap(), Some(first));
}

#[test]
fn debugging_shows_no_secret() {
    let state = StateFile::parse(PLUGINS).unwrap();
    assert!(!format!("{state:?}").contains("5ec2e7"));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(cut in 0..PLUGINS.len(), noise in "[\\[\\]{}:,\"a0-]{0,6}") {
        let text = format!("{}{noise}{}", &PLUGINS[..cut], &PLUGINS[cut..]);
        let _ = StateFile::parse(&text);
        let _ = StateFile::parse(&PLUGINS[..cut]);
    }

    #[test]
    fn what_was_read_is_written_the_same(id in "[a-z0-9]{1,9}", turns in 1_u64..9, extra in ".{0,9}") {
        let text = serde_json::json!({"agentId": id, "conversationTurns": {"c": turns}, "x": extra});
        let state = StateFile::parse(&text.to_string()).unwrap();
        prop_assert_eq!(StateFile::parse(&state.to_text()), Ok(state));
    }
}
