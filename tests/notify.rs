//! A person is told what waits, by an `openclaw` that writes down its words.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::commands::process::{Daemon, Home};

const HOLDS: &str = "[notify]\nenabled = true\n\n[[policy]]\nname = \"acl\"\n\
                     [[policy.settings.rules]]\ndirection = \"outbound\"\nkinds = [\"text\"]\n\
                     effect = \"hold\"\nreason = \"the owner looks first\"\n";
const IDENTITY: &str = "{\"notifyChannel\": \"telegram\", \"notifyTarget\": \"-100 $(id)\"}";

/// A rush is gathered for a few seconds first.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home whose `openclaw` ends with `exit`, after it wrote its words into the pipe `said`.
fn home(exit: i32) -> Home {
    let home = Home::new(HOLDS);
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let said = home.path().join("said");
    let is_made = std::process::Command::new("mkfifo").arg(&said).status();
    assert!(is_made.unwrap().success());
    let script = format!(
        "#!/bin/sh\n{{ printf '%s\\n' \"$@\"; env; }} > '{}'\nexit {exit}\n",
        said.display()
    );
    let program = bin.join("openclaw");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    home.with("PATH", &path)
}

fn write_state(home: &Home, text: &str) {
    let file = home.path().join("opendialogue-state.json");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// What `openclaw` was told, and what it could read of the daemon's environment.
fn said(home: &Home) -> String {
    let (pipe, (told, heard)) = (home.path().join("said"), mpsc::sync_channel(1));
    thread::spawn(move || told.send(fs::read_to_string(pipe)));
    heard.recv_timeout(PATIENCE).expect("it is told").unwrap()
}

#[test]
fn a_person_is_told_that_something_waits_and_nothing_of_what_it_says() {
    let home = home(0);
    write_state(&home, IDENTITY);
    let daemon = Daemon::start(&home);
    for text in ["hello", "honeypot"] {
        let sent = home.run(&format!(
            "send --to 10000002 --conversation curious-name {text}"
        ));
        assert_eq!(sent.code, 0, "{sent:?}");
    }
    let said = said(&home);
    let words: Vec<&str> = said.lines().take(9).collect();
    assert_eq!(
        words,
        [
            "message",
            "send",
            "--channel",
            "telegram",
            "-t",
            "-100 $(id)",
            "-m",
            "OpenDialogue, agent 10000001: 2 messages wait for your decision (`opendialogue held`).",
            "--json",
        ]
    );
    for secret in ["honeypot", "curious-name", "10000002", "secret-of-the-test"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    assert!(home.run("status --json").json()["notify_problem"].is_null());
    assert_eq!(daemon.end(), 0);
}

#[test]
fn who_cannot_be_told_is_named_in_status() {
    let home = home(1);
    write_state(&home, "{\"notifyChannel\": \"telegram\"}");
    let daemon = Daemon::start(&home);
    let told = home.run("status").stdout;
    assert!(
        told.contains(
            "notices   nobody is told what waits: `notifyTarget` is not set in the state file\n"
        ),
        "{told}"
    );

    // The file is followed while the daemon runs, and a program that fails is told too.
    write_state(&home, IDENTITY);
    assert_eq!(home.run("send --to 10000002 hello").code, 0);
    assert!(said(&home).contains("1 message waits"));
    let failed = |status: &serde_json::Value| {
        let problem = status["notify_problem"].as_str();
        problem.is_some_and(|problem| problem.contains("`openclaw message send` failed"))
    };
    let mut looks = std::iter::repeat_with(|| home.run("status --json").json()).take(2_000);
    assert!(looks.any(|status| failed(&status)));
    assert_eq!(daemon.end(), 0);
}
