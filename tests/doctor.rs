//! `opendialogue doctor` as a person runs it: a setup in which all is well, and each of several in
//! which something is broken, with its sentence and its command.

pub(crate) mod setup;

use opendialogue::clock::Clock;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::api::client::Api;
use crate::commands::process::Daemon;
use crate::support::house::Middle;
use crate::support::relay::TestRelay;
use setup::{Setup, findings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_all_is_well_nothing_is_wrong() {
    let middle = Middle::start().await;
    let setup = Setup::new(&middle.url()).await;
    let daemon = setup.start_daemon();
    setup.until_connected();
    let ran = setup.home.run("doctor");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    insta::assert_snapshot!(setup.told(&ran.stdout));
    let told = setup.home.run("doctor --json");
    assert_eq!((told.code, &told.json()["ok"]), (0, &json!(true)));
    assert!(setup.gateway.runs().is_empty(), "nothing was run");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_machine_is_told_what_to_do() {
    let setup = Setup::new("ws://127.0.0.1:1").await;
    std::fs::remove_dir_all(setup.home.path().join(".openclaw")).unwrap();
    std::fs::remove_dir_all(setup.home.path().join(".config")).unwrap();
    let before = setup.home.files();
    let ran = setup.home.run("doctor");
    assert_eq!(ran.code, 1, "{ran:?}");
    insta::assert_snapshot!(setup.told(&ran.stdout));
    assert_eq!(setup.home.files(), before, "nothing is made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_not_as_they_must_be_are_told_one_by_one() {
    let setup = Setup::new("ws://127.0.0.1:1").await;
    setup.home.configure("[local]\nlisen = \"127.0.0.1:0\"\n");
    setup.put("opendialogue-state.json", "{\"agentId\": \"1\"", 0o600);
    setup.make_folder("opendialogue", 0o755);
    setup.put("opendialogue/token", "secret", 0o644);
    setup.put(
        "opendialogue/lock",
        "{\"pid\":1,\"address\":null,\"token_file\":null}",
        0o600,
    );
    setup.put("opendialogue/daemon.db", &"no database ".repeat(999), 0o600);
    let ran = setup.home.run("doctor");
    assert_eq!(ran.code, 1, "{ran:?}");
    insta::assert_snapshot!(setup.told(&ran.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_of_another_relay_and_a_wrong_clock_are_told() {
    // Its clock stands still.
    let relay = TestRelay::start().await;
    let is_ahead = relay.now() < Clock::system().now();
    let setup = Setup::new(&format!("ws://{}", relay.address())).await;
    let state = json!({"agentId": "1", "agentSecret": "s", "relayUrl": "wss://other.example"});
    setup.put("opendialogue-state.json", &state.to_string(), 0o600);
    let told = setup.home.run("doctor --json").json();
    let identity = findings(&told, "identity");
    assert_eq!(identity[0]["command"], "opendialogue daemon --register");
    let clock = findings(&told, "clock");
    assert_eq!(clock[0]["level"], "problem", "{clock:?}");
    let says = clock[0]["says"].as_str().unwrap();
    let way = if is_ahead { "ahead of" } else { "behind" };
    assert!(says.contains(&format!("{way} the relay's")), "{says}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_tried_once_and_not_where_the_daemon_knows() {
    let middle = Middle::start().await;
    let setup = Setup::new(&middle.url()).await;
    setup.with_a_dead_letter();
    setup
        .gateway
        .set(|settings| settings.token = "another".to_owned());
    let daemon = setup.start_daemon();
    setup.until(|status| status["gateway_ready"] == true);

    // The daemon has met nothing yet, so it is tried, and nobody says that messages are handed over.
    let told = setup.home.run("doctor --json").json();
    let token = findings(&told, "hook token");
    let new_token = "openclaw config set hooks.token \"$(openssl rand -hex 32)\"";
    assert_eq!(token[0]["command"], new_token);
    assert!(findings(&told, "delivery").is_empty(), "{told}");
    assert_eq!(setup.gateway.probes(), 1);

    // It meets the refusal by itself, and delivery pauses.
    assert_eq!(setup.home.run("dead retry m-1").code, 0);
    setup.until(|status| status["gateway_trouble"] == "token");
    let status = setup.home.run("status").stdout;
    assert!(status.contains("answered 401"), "{status}");
    let ran = setup.home.run("doctor --json");
    let told = ran.json();
    assert!(findings(&told, "hook token").is_empty());
    let delivery = findings(&told, "delivery");
    assert_eq!(delivery[0]["level"], "problem");
    assert_eq!(delivery[0]["command"], new_token);
    let says = delivery[0]["says"].as_str().unwrap();
    assert!(says.contains("answered 401"), "{says}");
    assert_eq!(setup.gateway.probes(), 1, "it was not tried again");
    assert!(!ran.stdout.contains("hook-token"), "no token is shown");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_person_is_told() {
    let middle = Middle::start().await;
    let setup = Setup::new(&middle.url()).await;
    setup.with_a_dead_letter();
    let daemon = setup.start_daemon();
    let told = setup.home.run("doctor --json").json();
    let dead = findings(&told, "dead");
    assert_eq!(dead[0]["level"], "warning");
    assert_eq!(dead[0]["command"], "opendialogue dead");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_another_has_is_told() {
    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = stranger.local_addr().unwrap();
    let mut hanging_up = JoinSet::new();
    hanging_up.spawn(async move { while stranger.accept().await.is_ok() {} });
    let other = Api::start("").await;
    for (address, whose) in [
        (address, "another program"),
        (other.address, "a daemon of another home"),
    ] {
        let setup = Setup::new("ws://127.0.0.1:1").await.at_port(address.port());
        let told = setup.home.run("doctor --json").json();
        let port = findings(&told, "port")[0];
        assert_eq!(port["level"], "problem");
        assert!(port["says"].as_str().unwrap().starts_with(whose), "{port}");
        let command = port["command"].as_str().unwrap();
        assert!(
            command.starts_with("OPENDIALOGUE_STATUS_PORT="),
            "{command}"
        );
    }
    hanging_up.shutdown().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_up_has_set_up_is_judged_as_its_own() {
    let setup = Setup::new("wss://relay.example").await;
    setup
        .home
        .configure("[relay_server]\nlisten = \"127.0.0.1:0\"\n");
    let mut up = Daemon::role(&setup.home, "up");
    up.lines_until("Ctrl-C");
    setup.until(|status| status["connected"] == true);
    let ran = setup.home.run("doctor --json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = ran.json();
    assert_eq!(
        findings(&told, "delivery")[0]["command"],
        "opendialogue up --deliver"
    );
    let relay = findings(&told, "address")[0]["says"].as_str().unwrap();
    assert!(relay.starts_with("ws://127.0.0.1:"), "{relay}");
    assert_eq!(up.end(), 0);
}
