//! `send --wait`: what came of the answer, and of the message itself, is told in one sentence.

use crate::commands::process::{Daemon, Home};

#[test]
fn an_answer_that_the_policies_did_not_let_in_is_told_and_not_shown() {
    let home = Home::new(&with_rule("hold"));
    let mut up = Daemon::role(&home, "up");
    let welcome = up.lines_until("Ctrl-C");
    let guest = welcome.split("guest   ").nth(1).unwrap();
    let guest = guest.split(',').next().unwrap();

    let held = home.run(&format!(
        "send --to {guest} --conversation c-1 --wait hello"
    ));
    assert_eq!(held.code, 1, "{held:?}");
    let why = "is held by `acl` (held_by_rule): the owner looks first; see `opendialogue held`";
    assert!(held.stderr.contains(why), "{held:?}");
    assert!(!held.stdout.contains("You wrote"), "{held:?}");

    home.configure(&with_rule("reject"));
    assert_eq!(home.run("policy reload").code, 0);
    let refused = home.run(&format!(
        "send --to {guest} --conversation c-2 --wait hello"
    ));
    assert_eq!(refused.code, 4, "{refused:?}");
    let why = "was refused by `acl` (not_accepted): the owner looks first";
    assert!(refused.stderr.contains(why), "{refused:?}");
    assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");

    // What is held for a moment alone goes on by itself, and is waited for.
    home.configure(
        "[relay_server]\nlisten = \"127.0.0.1:0\"\n[[policy]]\nname = \"rate-limit\"\n\
         [policy.settings.inbound]\npeer = { messages = { per_minute = 12, burst = 1 } }\n",
    );
    assert_eq!(home.run("policy reload").code, 0);
    for text in ["one", "two"] {
        let words = format!("send --to {guest} --conversation c-3 --wait=30 {text}");
        let answered = home.run(&words);
        assert_eq!(answered.code, 0, "{answered:?}");
        assert!(
            answered.stdout.contains(&format!(": {text}\n")),
            "{answered:?}"
        );
    }

    // However short the patience, what became of the message itself is looked at before it ends.
    let unknown = home.run("send --to 1 --wait=1 hello");
    assert!(
        unknown.code == 4 && unknown.stderr.contains("AGENT_NOT_FOUND"),
        "{unknown:?}"
    );
    assert_eq!(up.end(), 0);
}

#[test]
fn what_never_went_out_has_no_answer() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    let waited = home.run("send --to 10000002 --wait=1 hello");
    assert_eq!(waited.code, 1, "{waited:?}");
    let why = "has not gone out yet, see `opendialogue status`";
    assert!(waited.stderr.contains(why), "{waited:?}");
    assert_eq!(daemon.end(), 0);
}

/// A configuration in which a rule of `acl` has this effect on every text that comes in.
fn with_rule(effect: &str) -> String {
    format!(
        "[relay_server]\nlisten = \"127.0.0.1:0\"\n[[policy]]\nname = \"acl\"\n\
         [[policy.settings.rules]]\ndirection = \"inbound\"\nkinds = [\"text\"]\n\
         effect = \"{effect}\"\nreason = \"the owner looks first\"\n"
    )
}
