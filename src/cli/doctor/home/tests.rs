use std::path::PathBuf;

use super::super::finding::Level;
use super::*;
use crate::config::{Caution, Environment, Overrides};
use crate::types::{AgentId, Secret};

#[test]
fn a_folder_is_judged_by_its_owner_and_rights() {
    let path = Path::new("/h");
    let there = |owner, mode| Folder::There { owner, mode };
    for (folder, home_is, own_is) in [
        (Folder::Missing, None, None),
        (there(1000, 0o700), None, None),
        (there(1000, 0o755), None, Some("chmod 700 /h")),
        (
            there(1000, 0o775),
            Some("chmod go-w /h"),
            Some("chmod 700 /h"),
        ),
        (
            there(0, 0o700),
            Some("sudo chown 1000 /h"),
            Some("sudo chown 1000 /h"),
        ),
        (Folder::Link, None, Some("ls -ld /h")),
        (Folder::Other, Some("mv /h /h.away"), Some("mv /h /h.away")),
    ] {
        for (finding, command) in [
            (home(path, folder, 1000), home_is),
            (own_folder(path, folder, 1000), own_is),
        ] {
            assert_eq!(finding.command.as_deref(), command, "{folder:?}");
            let wrong = finding.level == Level::Problem;
            assert_eq!(wrong, command.is_some(), "{folder:?}");
        }
    }
}

#[test]
fn each_fault_of_the_configuration_is_told_with_its_line() {
    let load = |text: &str| {
        let environment = Environment::from_pairs([("OPENDIALOGUE_HOME", "/h")]);
        let path = Path::new("/h/opendialogue.toml");
        Config::from_text(&environment, &Overrides::default(), path, text)
    };
    let wrong = load("[local]\nlisen = 3\nrequire_token = 3\n").unwrap_err();
    let found = configuration(Err(&wrong), true);
    let commands: Vec<_> = found.iter().map(|one| one.command.as_deref()).collect();
    assert_eq!(
        commands,
        [
            Some("${EDITOR:-vi} +2 /h/opendialogue.toml"),
            Some("${EDITOR:-vi} +3 /h/opendialogue.toml")
        ]
    );
    assert!(
        found[0].says.contains("opendialogue.toml:2:1: "),
        "{found:?}"
    );

    let mut right = load("").unwrap();
    assert_eq!(configuration(Ok(&right), true)[0].level, Level::Ok);
    right.file = Some(PathBuf::from("/h/opendialogue.toml"));
    for (policies_well, says) in [(true, "is right"), (false, "stands below")] {
        let found = configuration(Ok(&right), policies_well).remove(0);
        assert!(found.says.contains(says), "{found:?}");
    }
    right.cautions = vec![Caution {
        sentence: "its group can write it".to_owned(),
        command: "chmod g-w /h/opendialogue.toml".to_owned(),
    }];
    let found = configuration(Ok(&right), true).remove(0);
    assert_eq!(found.level, Level::Warning);
    assert_eq!(
        found.command.as_deref(),
        Some("chmod g-w /h/opendialogue.toml")
    );
}

#[test]
fn who_this_agent_is_is_told_or_what_is_in_the_way() {
    let path = Path::new("/h/opendialogue-state.json");
    let ours = RelayUrl::parse("wss://relay.example").unwrap();
    let nobody = IdentityOverride::default();
    let lent = IdentityOverride {
        agent_id: Some(AgentId::new("2").unwrap()),
        agent_secret: Some(Secret::new("s")),
    };
    let of_ours = r#""agentId": "1", "agentSecret": "s", "relayUrl": "wss://relay.example""#;
    let of_theirs = r#""agentId": "1", "agentSecret": "s", "relayUrl": "wss://other.example""#;
    let back = "cp -p /h/opendialogue-state.json.bak /h/opendialogue-state.json";
    let away = "mv /h/opendialogue-state.json /h/opendialogue-state.json.broken";
    for (text, lent, has_backup, says, command) in [
        ("{}", &nobody, false, "the first start registers", None),
        (&format!("{{{of_ours}}}"), &nobody, false, "agent 1", None),
        (
            &format!("{{{of_theirs}}}"),
            &lent,
            false,
            "agent 2, by",
            None,
        ),
        (
            &format!("{{{of_theirs}}}"),
            &nobody,
            false,
            "agent 1 is known at wss://other.example/connect and the configuration names \
             wss://relay.example/connect",
            Some("opendialogue daemon --register"),
        ),
        ("{\"agentId\": \"1\"", &nobody, true, "cut off", Some(back)),
        ("[]", &nobody, false, "not a JSON object", Some(away)),
        (
            "{\"agentId\": \"1\"}",
            &nobody,
            true,
            "no `agentSecret`",
            Some(back),
        ),
    ] {
        let read = StateFile::parse(text)
            .map(Some)
            .map_err(|fault| StateFileError::Content {
                path: path.to_owned(),
                fault,
            });
        let found = identity(&Identity {
            path,
            read: &read,
            has_backup,
            lent,
            relay: Some(&ours),
        });
        assert!(found[0].says.contains(says), "{text}: {found:?}");
        assert_eq!(found[0].command.as_deref(), command, "{text}");
        assert_eq!(found.len(), 1, "{text}");
    }
}

#[test]
fn what_is_passed_over_in_the_state_file_is_told() {
    let read = Ok(Some(
        StateFile::parse(r#"{"maxTurnsPerConversation": 0}"#).unwrap(),
    ));
    let found = identity(&Identity {
        path: Path::new("/h/s.json"),
        read: &read,
        has_backup: false,
        lent: &IdentityOverride::default(),
        relay: None,
    });
    assert_eq!(found[1].level, Level::Warning);
    assert!(found[1].says.contains("maxTurnsPerConversation"));
    assert_eq!(found[1].command.as_deref(), Some("${EDITOR:-vi} /h/s.json"));
}

#[test]
fn the_token_is_private_and_there_where_it_is_needed() {
    let path = Path::new("/h/token");
    let open = FileError::Mode {
        path: path.to_owned(),
        mode: 0o644,
        wanted: 0o600,
    };
    for (is_there, runs, level) in [
        (Ok(true), true, Level::Ok),
        (Ok(false), false, Level::Ok),
        (Ok(false), true, Level::Problem),
        (Err(&open), false, Level::Problem),
    ] {
        assert_eq!(token(path, is_there, runs).level, level, "{is_there:?}");
    }
}

#[test]
fn several_users_on_a_machine_want_the_token() {
    for (users, require_token, told) in [(0, false, false), (1, false, false), (2, true, false)] {
        assert_eq!(neighbours(users, require_token).is_some(), told);
    }
    assert_eq!(neighbours(2, false).unwrap().level, Level::Warning);
}
