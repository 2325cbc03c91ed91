//! The commands as processes: exit codes, what they print, the lock of a home, the end in order.

mod configured;
pub(crate) mod process;

use process::{Daemon, Home};

const PEER: &str = "10000002";

#[test]
fn without_a_daemon_the_commands_say_so_with_exit_code_3() {
    let home = Home::new("");
    for words in [
        "status",
        "inbox",
        "outbox --json",
        "messages m-1",
        "tail",
        "send --to 1 hello",
    ] {
        let ran = home.run(words);
        assert_eq!(ran.code, 3, "{words}: {ran:?}");
        assert!(
            ran.stdout.is_empty() && ran.stderr.contains("opendialogue daemon"),
            "{ran:?}"
        );
    }
}

#[test]
fn wrong_words_and_a_wrong_configuration_are_exit_code_2() {
    let home = Home::new("[local]\nlisen = \"127.0.0.1:0\"\nrequire_token = 3\n");
    for words in [
        "",
        "unheard-of",
        "send --to 10000002",
        "config check",
        "config show",
        "daemon",
        "relay",
        "up",
        "--config /no/such/file status",
    ] {
        let ran = home.run(words);
        assert_eq!(ran.code, 2, "{words}: {ran:?}");
    }
    let ran = home.run("config check");
    assert!(
        ran.stderr.contains("opendialogue.toml:2:1") && ran.stderr.contains("`listen`"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("opendialogue.toml:3:"), "{ran:?}");
    let complaints = &home.run("config check --json").json()["complaints"];
    assert_eq!(complaints.as_array().map(Vec::len), Some(2));
    assert_eq!(home.files(), ["opendialogue.toml"], "nothing was created");
}

#[test]
fn the_configuration_is_shown_with_who_set_what() {
    let home = Home::new("[gateway]\ntoken = \"not-to-be-seen\"\n");
    let shown = home.run("config show --origin").stdout;
    assert!(
        shown.contains("local.listen = \"127.0.0.1:0\"  # OPENDIALOGUE_STATUS_PORT"),
        "{shown}"
    );
    assert!(
        shown.contains("gateway.token = (hidden)") && !shown.contains("not-to-be-seen"),
        "{shown}"
    );
    let plain = home.run("config show").stdout;
    assert!(plain.contains("gateway.max_in_flight = 8\n"), "{plain}");
    assert_eq!(home.run("config check").code, 0);
}

#[test]
fn help_and_version_are_no_failure() {
    let home = Home::new("");
    for words in ["--help", "--version", "send --help", "help config"] {
        let ran = home.run(words);
        assert!(
            ran.code == 0 && ran.stderr.is_empty() && !ran.stdout.is_empty(),
            "{words}"
        );
    }
}

#[test]
fn a_daemon_is_found_by_its_lock_and_ends_in_order() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    assert!(
        home.run("status")
            .stdout
            .starts_with("agent 10000001, version ")
    );
    assert_eq!(home.run("status --json").json()["agent_id"], "10000001");

    let second = home.run("daemon");
    assert_eq!(second.code, 1, "{second:?}");
    assert!(
        second.stderr.contains(&daemon.pid().to_string()),
        "{second:?}"
    );
    assert_eq!(home.run("up").code, 1);

    assert_eq!(daemon.end(), 0);
    assert_eq!(home.run("status").code, 3);
}

#[test]
fn the_line_that_up_prints_sends_a_message_and_shows_the_answer() {
    let home = Home::new("[relay_server]\nlisten = \"127.0.0.1:0\"\n");
    let mut up = Daemon::role(&home, "up");
    let welcome = up.lines_until("Ctrl-C");
    let paste = welcome
        .lines()
        .find(|line| line.contains(" send --to "))
        .unwrap();
    let pasted = home.run_in_shell(paste);
    assert_eq!(pasted.code, 0, "{pasted:?}");
    assert!(
        pasted
            .stdout
            .contains("    | Your message arrived. You wrote: Hello"),
        "{pasted:?}"
    );
    let shown = up.lines_until("    | ");
    assert!(shown.contains("Your message arrived"), "{shown}");
    // Whoever pastes it once more is answered once more, and not by the policies.
    let again = home.run_in_shell(paste);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        again.stdout.contains(" Hello, is anybody there?"),
        "{again:?}"
    );

    let unknown = home.run("send --to 1 --wait=20 hello");
    assert!(
        unknown.code == 4 && unknown.stderr.contains("AGENT_NOT_FOUND"),
        "{unknown:?}"
    );
    let guest = welcome
        .split("guest   ")
        .nth(1)
        .and_then(|rest| rest.split(',').next())
        .unwrap();
    let blocked = home.run(&format!("block {guest} --reason noise --json"));
    assert_eq!(blocked.json()["relay"]["ok"], true, "{blocked:?}");
    assert_eq!(home.run(&format!("unblock {guest}")).code, 0);
    assert_eq!(home.run(&format!("allow {guest}")).code, 0);
    assert_eq!(home.run("allowlist on").code, 0);
    assert_eq!(home.run(&format!("allow {guest} --remove")).code, 0);

    assert_eq!(up.end(), 0);
    assert_eq!(
        home.files(),
        ["opendialogue", "opendialogue.toml"],
        "the home's identity is untouched"
    );
}

#[test]
fn a_port_in_use_is_told_with_its_number() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let home = Home::new("").with("OPENDIALOGUE_STATUS_PORT", &port);
    let ran = home.run("daemon");
    assert_eq!(ran.code, 1, "{ran:?}");
    for told in [&port, "another home", "`listen` in `[local]`"] {
        assert!(ran.stderr.contains(told), "{told}: {ran:?}");
    }
    assert_eq!(
        ran.stderr
            .lines()
            .filter(|line| line.starts_with("opendialogue:"))
            .count(),
        1
    );
}

#[test]
fn a_message_is_sent_from_standard_input_as_it_stands() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    let text = "one `two` \"three\" $(four)\nپنج API\u{200c}ها 👩\u{200d}💻\n";
    let sent = home.run_with(
        &format!("send --to {PEER} --conversation c-1 --json -"),
        text.as_bytes(),
    );
    assert_eq!(sent.code, 0, "{sent:?}");
    let id = sent.json()["message_id"].as_str().unwrap().to_owned();
    let outbox = home.run("outbox --json").json();
    assert_eq!(outbox["messages"][0]["content"], text.trim_end());

    let shown = home.run("outbox").stdout;
    assert!(
        shown.contains("    | پنج API\u{200c}ها 👩\u{200d}💻\n"),
        "{shown}"
    );
    let story = home.run(&format!("messages {id}")).stdout;
    assert!(
        story.contains(&id) && story.contains("policy acl said pass"),
        "{story}"
    );
    assert_eq!(home.run("messages unheard-of").code, 1);

    for (input, word) in [(&b"\xff"[..], "UTF-8"), (b"\n", "UTF-16 units")] {
        let refused = home.run_with(&format!("send --to {PEER} -"), input);
        assert!(
            refused.code == 2 && refused.stderr.contains(word),
            "{refused:?}"
        );
    }
    assert_eq!(daemon.end(), 0);
}

#[test]
fn what_is_printed_cannot_drive_a_terminal() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    let text = b"\x1b[2Jred\xe2\x80\xae";
    assert_eq!(home.run_with(&format!("send --to {PEER} -"), text).code, 0);
    for words in ["outbox", "outbox --json"] {
        let shown = home.run(words).stdout;
        assert!(
            shown.contains("red") && !shown.contains(['\u{1b}', '\u{202e}']),
            "{shown}"
        );
    }
    assert_eq!(daemon.end(), 0);
}

#[test]
fn trust_needs_a_person_or_yes_and_a_refusal_is_exit_code_4() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    let asked = home.run_with(&format!("trust {PEER} blocked"), b"y\n");
    assert!(
        asked.code == 2 && asked.stderr.contains("--yes"),
        "{asked:?}"
    );
    assert_eq!(
        home.run("trust --json").json()["trust"],
        serde_json::json!([])
    );

    assert_eq!(
        home.run(&format!("trust {PEER} blocked --yes")).stdout,
        "10000002 is blocked now\n"
    );
    assert!(
        home.run("trust")
            .stdout
            .starts_with("10000002  blocked  since ")
    );
    let refused = home.run(&format!("send --to {PEER} hello"));
    assert!(
        refused.code == 4 && refused.stderr.contains("blocked"),
        "{refused:?}"
    );
    assert_eq!(daemon.end(), 0);
}

#[test]
fn what_is_held_is_released_by_a_person_or_yes_and_refused() {
    let home = Home::new(
        "[[policy]]\nname = \"acl\"\n[[policy.settings.rules]]\ndirection = \"outbound\"\n\
         kinds = [\"text\"]\neffect = \"hold\"\nreason = \"the owner looks first\"\n",
    );
    let daemon = Daemon::start(&home);
    assert_eq!(home.run("held").stdout, "nothing is held\n");
    let send = |text: &str| {
        let sent = home.run(&format!("send --to {PEER} --json {text}"));
        sent.json()["message_id"].as_str().unwrap().to_owned()
    };
    let (first, second, third) = (send("first"), send("second"), send("third"));
    let shown = home.run("held").stdout;
    assert!(
        shown.contains("held by acl (held_by_rule) until a person answers: the owner looks first")
            && shown.contains("    | first\n"),
        "{shown}"
    );

    let asked = home.run_with(&format!("held release {first}"), b"y\n");
    assert!(
        asked.code == 2 && asked.stderr.contains("--yes"),
        "{asked:?}"
    );
    let released = home.run(&format!("held release {first} --yes"));
    assert_eq!(released.stdout, format!("message {first} is queued now\n"));
    let refused = home.run(&format!("held refuse {second} --json")).json();
    assert_eq!(refused["state"], "refused");
    let again = home.run(&format!("held release {second} --yes"));
    assert!(
        again.code == 4 && again.stderr.contains("it is refused"),
        "{again:?}"
    );
    assert_eq!(home.run("held release unheard-of --yes").code, 1);
    let left = home.run("held --json").json();
    assert_eq!(left["held"][0]["message_id"], third.as_str());
    assert_eq!(left["held"].as_array().map(Vec::len), Some(1));
    assert_eq!(daemon.end(), 0);
}

#[test]
fn policies_are_loaded_anew_and_what_is_wrong_leaves_them_in_force() {
    let acl =
        |mode: &str| format!("[[policy]]\nname = \"acl\"\n[policy.settings]\nmode = \"{mode}\"\n");
    let home = Home::new(&acl("open"));
    let daemon = Daemon::start(&home);
    let listed = home.run("policy list").stdout;
    assert!(listed.starts_with("name "), "{listed}");
    let in_force = home.run("policy list --json").json()["policies"].clone();

    home.configure(&acl("shut"));
    let refused = home.run("policy reload");
    assert_eq!(refused.code, 2, "{refused:?}");
    let place = "opendialogue.toml:4:8: policy `acl`: setting `mode`";
    assert!(refused.stderr.contains(place), "{refused:?}");
    for words in ["policy list", "status"] {
        let told = home.run(words).stdout;
        assert!(told.contains(place), "{words}: {told}");
    }
    let still = home.run("policy list --json").json();
    assert_eq!(still["policies"][0]["digest"], in_force[0]["digest"]);

    home.configure(&acl("closed"));
    let loaded = home.run("policy reload");
    assert_eq!(loaded.code, 0, "{loaded:?}");
    assert!(home.run("policy list --json").json()["problem"].is_null());
    let refused = home.run("send --to 10000002 hello");
    assert_eq!(refused.code, 4, "{refused:?}");
    daemon.end();
}

#[test]
fn a_closed_output_is_no_failure() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    for words in ["status", "outbox", "config show", "--help"] {
        let ran = home.run_closed(words);
        assert!(ran.code == 0 && ran.stderr.is_empty(), "{words}: {ran:?}");
    }
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_daemon_goes_on_when_nobody_reads_what_it_prints() {
    let home = Home::new("");
    let daemon = Daemon::start_unread(&home);
    home.run_until_found("status");
    assert_eq!(daemon.end(), 0);
}

#[test]
fn no_token_is_ever_printed() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    let token = home.token();
    for words in [
        "status --json",
        "config show --origin",
        "inbox",
        "trust",
        "outbox --json",
    ] {
        let ran = home.run(words);
        assert!(
            !ran.stdout.contains(&token) && !ran.stderr.contains(&token),
            "{words}"
        );
    }
    assert_eq!(daemon.end(), 0);
}
