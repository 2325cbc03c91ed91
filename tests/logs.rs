//! What the log holds of a run at its most talkative: no text of a message, no key and no token.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::commands::process::{Daemon, Home};

/// What a person would not have in a log, planted where it passes through every part.
const CONTENT: &str = "the-planted-text نامهٔ پنهان 🔑";
const HOOK_TOKEN: &str = "the-planted-hook-token-1f0e9d8c7b6a";
/// Nobody listens at the gateway's address.
const NOBODY: &str = "[relay_server]\nlisten = \"127.0.0.1:0\"\n\
                      [gateway]\nbase_url = \"http://127.0.0.1:1\"\n";

/// Runs relay, daemon, guest and a delivery that fails in one process, with this log.
fn log_of_a_run(filter: &str) -> (String, Vec<String>) {
    let home = Home::new(NOBODY).with("OPENDIALOGUE_LOG", filter);
    let hooks = format!("{{\"hooks\": {{\"enabled\": true, \"token\": \"{HOOK_TOKEN}\"}}}}");
    let folder = home.path().join(".openclaw");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("openclaw.json"), hooks).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let log = home.path().join("log");
    let mut up = Daemon::role_logging(&home, "up --deliver", fs::File::create(&log).unwrap());
    let welcome = up.lines_until("Ctrl-C");
    let guest = welcome.split(" --to ").nth(1).unwrap();
    let guest = guest.split_whitespace().next().unwrap();

    let sent = home.run_with(
        &format!("send --to {guest} --wait=20 -"),
        CONTENT.as_bytes(),
    );
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(sent.stdout.contains("the-planted-text"), "{sent:?}");
    for words in ["inbox", "outbox", "held", "status", "policy list"] {
        assert_eq!(home.run(words).code, 0, "{words}");
    }
    // One that is refused, and one whose token is wrong.
    assert_eq!(home.run(&format!("block {guest}")).code, 0);
    let refused = home.run_with(&format!("send --to {guest} -"), CONTENT.as_bytes());
    assert_eq!(refused.code, 4, "{refused:?}");

    let own = home.path().join("opendialogue/up");
    let token = fs::read_to_string(own.join("token")).unwrap();
    let state = fs::read_to_string(own.join("opendialogue-state.json")).unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    let secret = state["agentSecret"].as_str().unwrap().to_owned();
    assert_eq!(up.end(), 0);
    let planted = [
        "the-planted-text",
        "پنهان",
        HOOK_TOKEN,
        token.trim(),
        &secret,
    ];
    let planted = planted.map(ToOwned::to_owned).into();
    (fs::read_to_string(log).unwrap(), planted)
}

#[test]
fn at_its_most_talkative_the_log_holds_no_text_key_or_token() {
    for filter in ["trace", "trace,json"] {
        let (log, planted) = log_of_a_run(filter);
        for told in ["connected to the relay", "delivery pauses"] {
            assert!(
                log.contains(told),
                "{filter}: {told} is not in the log: {log}"
            );
        }
        for word in planted {
            assert!(word.len() > 8, "it is one that can be found: {word}");
            assert!(!log.contains(&word), "{filter}: {word}\n{log}");
        }
        let is_json = |line: &str| serde_json::from_str::<Value>(line).is_ok();
        let (json, text) = (filter.contains("json"), log.lines());
        assert!(!json || text.clone().all(is_json), "{log}");
    }
}

#[test]
fn a_role_logs_that_it_ends_and_by_which_signal() {
    let home =
        Home::new("[relay_server]\nlisten = \"127.0.0.1:0\"\n").with("OPENDIALOGUE_LOG", "info");
    for (role, is_up) in [
        ("daemon", "agent "),
        ("relay", "relay on "),
        ("up", "Ctrl-C"),
    ] {
        let log = home.path().join(role);
        let mut running = Daemon::role_logging(&home, role, fs::File::create(&log).unwrap());
        running.lines_until(is_up);
        assert_eq!(running.end(), 0, "{role}");
        let log = fs::read_to_string(log).unwrap();
        assert_eq!(
            log.matches("ending: SIGTERM came").count(),
            1,
            "{role}: {log}"
        );
    }
}
