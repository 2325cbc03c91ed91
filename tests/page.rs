//! The local page: its parts in node, all of it in a real browser, and that its link is for eyes alone.
//!
//! `page/tools` installs what looks at it. Where that is missing the browser is left out, and said.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use opendialogue::types::Trust;
use tokio::task::block_in_place;

use crate::commands::process::{Daemon, Home};
use crate::support::dead::give_up;
use crate::support::house::{Agent, Middle};

/// Rows in the inbox when the page is measured.
const ROWS: usize = 10_000;

#[test]
fn the_pages_parts_are_as_they_should_be() {
    let Some(mut node) = node("modules.mjs") else {
        return;
    };
    succeeds(node.output().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_and_decides_on_the_page_and_nothing_that_peers_wrote_is_more_than_text() {
    let tools = scratch().join("tools");
    let library = tools.join("node_modules/puppeteer-core");
    for needed in [Path::new("/usr/bin/chromium"), &library] {
        if !needed.exists() {
            return skipped(&needed.display().to_string());
        }
    }
    let Some(mut node) = node("look.mjs") else {
        return;
    };
    let relay = Middle::start().await;
    // Hostile texts come in a rush here, and no two of them are an answer.
    let policies = "[[policy]]\nname = \"acl\"\nsettings = { mode = \"pairing\" }\n\
        [[policy]]\nname = \"conversation\"\nsettings = { max_turns = 200 }\n";
    let looked_at = relay.agent_with(policies).await.leave().await;
    fill_inbox(&looked_at.data_dir());
    let looked_at = looked_at.come_back().await;
    let data_dir = looked_at.home().join("opendialogue");
    let (friend, stranger, other) = (
        relay.agent().await,
        relay.agent().await,
        relay.agent().await,
    );
    let known = friend.id();
    looked_at
        .daemon
        .set_trust(&known, Trust::Known)
        .await
        .unwrap();
    give_up(&data_dir, "10000002", "m-dead-1");
    give_up(&data_dir, "10000002", "m-dead-2");

    let images = scratch().join("images");
    fs::create_dir_all(&images).unwrap();
    let token = fs::read_to_string(data_dir.join("token")).unwrap();
    let local = |agent: &Agent| format!("http://{}", agent.address);
    let looked = node
        .env("PAGE", local(&looked_at))
        .env("TOKEN", token.trim())
        .env("ME", looked_at.id().as_str())
        .env("FRIEND", local(&friend))
        .env("STRANGER", local(&stranger))
        .env("OTHER", local(&other))
        .env("TOOLS", &tools)
        .env("IMAGES", &images);
    succeeds(block_in_place(|| looked.output()).unwrap());
}

#[test]
fn the_link_with_the_token_is_printed_on_a_terminal_alone() {
    let home = Home::new("").with("OPENDIALOGUE_LOG", "trace");
    let log = home.path().join("log");
    let daemon = Daemon::start_logging(&home, fs::File::create(&log).unwrap());
    let token = home.token();
    assert_eq!(token.len(), 64);
    for words in ["status", "status --json"] {
        let ran = home.run(words);
        assert_eq!(ran.code, 0, "{ran:?}");
        let printed = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            !printed.contains(&token) && !printed.contains("#token"),
            "{words}"
        );
    }
    // A terminal of its own, where there is a program that makes one.
    let program = env!("CARGO_BIN_EXE_opendialogue");
    let terminal = |words| format!("script -qec '{program} {words}' /dev/null");
    if home.type_in("command -v script").code == 0 {
        let shown = home.type_in(&terminal("status")).stdout;
        let link = format!("/#token={token}");
        assert!(shown.contains("page") && shown.contains(&link), "{shown}");
        let json = home.type_in(&terminal("status --json")).stdout;
        assert!(
            json.contains("agent_id") && !json.contains(&token),
            "{json}"
        );
    } else {
        skipped("script");
    }
    assert_eq!(daemon.end(), 0);
    let log = fs::read_to_string(log).unwrap();
    assert!(!log.is_empty() && !log.contains(&token), "{log}");
}

/// Puts rows into the inbox as the daemon writes them once the agent has them.
fn fill_inbox(data_dir: &Path) {
    let mut database = rusqlite::Connection::open(data_dir.join("daemon.db")).unwrap();
    let transaction = database.transaction().unwrap();
    let now = opendialogue::clock::Clock::system().now().as_millis();
    for number in 0..ROWS {
        let at = now - (ROWS - number) as u64 * 1000;
        let text = format!("number {number}, of a length that messages often have, in plain words");
        let insert = "INSERT INTO inbox (sender, id, kind, conversation, content, admitted, trust,
                          received_at, stored_at, settled_at, state, annotations, verdicts,
                          content_bytes)
                      VALUES ('10000002', 'm-' || ?1, 'text', 'c-1', ?2, ?2, 'known', ?3, ?3, ?3,
                          'delivered', '[]', '[]', length(?2))";
        let values = rusqlite::params![number, text, at];
        transaction.execute(insert, values).unwrap();
    }
    transaction.commit().unwrap();
}

/// A script of `page/` in node; none where there is no node, which is said.
fn node(script: &str) -> Option<Command> {
    let found = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        skipped("node");
        return None;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page");
    let mut node = Command::new("node");
    node.arg(path.join(script));
    Some(node)
}

fn skipped(missing: &str) {
    // Past what the harness keeps back of a test that passes.
    let _ = writeln!(
        io::stderr(),
        "SKIPPED: the local page is not tried, `{missing}` is missing; `tests/page/tools` installs it"
    );
}

fn succeeds(ran: Output) {
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    // For whoever runs it with `--nocapture` to read the times.
    let _ = writeln!(io::stderr(), "{told}");
}

/// Where the tools are and the images go.
fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("page")
}
