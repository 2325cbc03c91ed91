//! What was given up, from the outside: shown, tried again and dropped, by the local HTTP and by the
//! commands.

use serde_json::json;

use crate::api::client::{Api, Ask};
use crate::commands::process::{Daemon, Home};
use crate::support::dead::{come_too_late, give_up};

const PEER: &str = "10000002";

#[tokio::test]
async fn every_call_and_each_refusal() {
    let api = Api::start("").await;
    for (sender, id) in [
        (PEER, "m-1"),
        (PEER, "m-2"),
        ("10000003", "m-2"),
        (PEER, "m-3"),
    ] {
        give_up(&api.data_dir(), sender, id);
    }
    come_too_late(&api.data_dir(), PEER, "m-4");
    let blocked = json!({ "agent_id": "10000003", "level": "blocked" });
    api.ask(Ask::post("/trust", &blocked).with_token()).await;
    let mut table = Vec::new();
    for ask in [
        Ask::get("/dead"),
        Ask::get("/dead?limit=1"),
        Ask::get("/dead?limit=0"),
        Ask::post("/dead/m-1/retry", &json!({ "twice": true })),
        Ask::post_text("/dead/m-1/retry", ""),
        Ask::post_text("/dead/m-1/retry", ""),
        Ask::post_text("/dead/m-2/retry", ""),
        Ask::post_text("/dead/m-2/drop", ""),
        Ask::post_text("/dead/m-2/drop?from=10000002", ""),
        Ask::post_text("/dead/m-2/retry", ""),
        Ask::post_text("/dead/m-3/retry?from=10000003", ""),
        Ask::post("/dead/m-3/drop", &json!({})),
        Ask::post_text("/dead/m-3/drop", ""),
        Ask::post_text("/dead/m-4/retry", ""),
        Ask::post_text("/dead/unheard-of/retry", ""),
        Ask::post_text("/dead/a%20b/drop", ""),
        Ask::get("/messages/m-3"),
        Ask::get("/dead"),
    ] {
        table.push(api.shown(ask.with_token()).await);
    }
    table.push(api.shown(Ask::get("/dead")).await);
    table.push(api.shown(Ask::post_text("/dead/m-1/retry", "")).await);
    table.push(api.shown(Ask::post_text("/dead/m-1/drop", "")).await);
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[test]
fn what_was_given_up_is_tried_again_or_dropped() {
    let home = Home::new("");
    let daemon = Daemon::start(&home);
    assert_eq!(home.run("dead").stdout, "nothing was given up\n");
    let data_dir = home.path().join("opendialogue");
    for (sender, id) in [(PEER, "m-1"), (PEER, "-m"), ("10000003", "-m")] {
        give_up(&data_dir, sender, id);
    }
    let shown = home.run("dead").stdout;
    assert!(
        shown.contains("the gateway answered 500, after 10 attempts\n")
            && shown.contains("    | given up\n"),
        "{shown}"
    );
    assert!(home.run("status").stdout.contains(" 3 dead;"));

    let retried = home.run("dead retry m-1");
    assert_eq!(retried.stdout, "message m-1 is waiting now\n");
    let again = home.run("dead retry m-1");
    assert!(
        again.code == 4 && again.stderr.contains("it is waiting"),
        "{again:?}"
    );
    let unclear = home.run("dead drop -- -m");
    assert!(
        unclear.code != 0 && unclear.stderr.contains("several agents"),
        "{unclear:?}"
    );
    let dropped = home.run(&format!("dead drop --json --from={PEER} -- -m"));
    assert_eq!(dropped.json()["state"], "dropped");
    assert_eq!(home.run("dead retry unheard-of").code, 1);
    let left = home.run("dead --json").json();
    assert_eq!(left["dead"][0]["from"], "10000003");
    assert_eq!(left["dead"].as_array().map(Vec::len), Some(1));
    assert_eq!(daemon.end(), 0);
}
