//! What the relay looks at before it does anything for a caller: where the call comes from, who
//! makes it, and who else could read what it keeps.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use opendialogue::clock::Clock;
use opendialogue::relay::{Relay, Settings, StartError, StorePath};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::commands::process::{Daemon, Home};
use crate::support::agent_v1::{Identity, fresh_nonce};
use crate::support::link::{Link, Refused};
use crate::support::relay::TestRelay;

const REGISTER: &str = "/api/agent/register";

fn forwarded(chain: &str) -> (&'static str, String) {
    ("x-forwarded-for", chain.to_owned())
}

/// Registers with these words about the way, and gives the status.
async fn register_from(relay: &TestRelay, chain: &str) -> u16 {
    let body = json!({"name": "someone"}).to_string();
    let headers = vec![forwarded(chain)];
    let answer = relay.call(Method::POST, REGISTER, &body, headers).await;
    answer.0
}

async fn connect_from(relay: &TestRelay, who: &Identity, chain: &str) -> Result<Link, Refused> {
    let mut headers = who.connect_headers(relay.now(), &fresh_nonce());
    headers.push(forwarded(chain));
    Link::open(relay.address(), &headers).await
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_address_has_a_rate_of_its_own() {
    let behind_proxy = TestRelay::start_with(|settings| {
        settings.registrations_per_minute = 1;
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    for (chain, status) in [
        ("198.51.100.1", 201),
        ("198.51.100.2", 201),
        ("198.51.100.1", 429),
        // What a client writes itself does not make it another.
        ("203.0.113.7, 198.51.100.1", 429),
    ] {
        assert_eq!(register_from(&behind_proxy, chain).await, status, "{chain}");
    }
    let alone = TestRelay::start_with(|settings| settings.registrations_per_minute = 1).await;
    assert_eq!(register_from(&alone, "198.51.100.1").await, 201);
    assert_eq!(register_from(&alone, "198.51.100.2").await, 429);
}

#[tokio::test]
async fn one_address_has_only_so_many_connections() {
    let relay = TestRelay::start_with(|settings| {
        settings.connections_per_address = 2;
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut agents = Vec::new();
    for name in ["a", "b", "c", "d"] {
        agents.push(relay.register(name).await);
    }
    let mut open = Vec::new();
    for agent in &agents[..2] {
        open.push(connect_from(&relay, agent, "198.51.100.1").await.unwrap());
    }
    let refused = connect_from(&relay, &agents[2], "198.51.100.1").await;
    assert_eq!(refused.unwrap_err().status, 429);
    open.push(
        connect_from(&relay, &agents[2], "198.51.100.2")
            .await
            .unwrap(),
    );
    // The proxy itself, which names nobody here, is none of those that are counted.
    relay.plugin(&agents[3]).await;
    relay.plugin(&agents[3]).await;
}

#[tokio::test]
async fn who_calls_is_looked_at_before_a_body_comes() {
    let relay = TestRelay::start().await;
    let known = relay.register("known").await;
    let head = |path: &str, headers: &str, length: usize| {
        format!("POST {path} HTTP/1.1\r\nhost: relay\r\n{headers}content-length: {length}\r\n\r\n")
    };
    let nobody = "x-agent-id: 99999999\r\nx-timestamp: 1\r\nx-nonce: n\r\nx-signature: s\r\n";
    let of_known = nobody.replace("99999999", &known.id);
    for (head, status) in [
        (head("/api/message", "", 100_000), 401),
        (head("/api/message", nobody, 100_000), 401),
        (head("/api/message", &of_known, 300_000), 413),
        (head(REGISTER, "", 300_000), 413),
    ] {
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut begun = [0; 12];
        let answer = socket.read_exact(&mut begun);
        // The body would be waited for longer than this.
        let answered = tokio::time::timeout(std::time::Duration::from_secs(8), answer).await;
        answered.unwrap().unwrap();
        assert_eq!(begun, format!("HTTP/1.1 {status}").as_bytes(), "{head}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_is_told_nothing() {
    let relay = TestRelay::start().await;
    let alice = relay.register("alice").await;
    let card = format!("/api/agent/{}", alice.id);
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("else", 403),
        ("same-origin", 200),
        ("none", 200),
    ] {
        let headers = vec![("sec-fetch-site", site.to_owned())];
        let (answered, text) = relay.ask(Method::GET, &card, "", headers).await;
        assert_eq!(answered, status, "{site}");
        assert_eq!(text.contains("alice"), status == 200, "{site}");
    }
    let mut headers = alice.connect_headers(relay.now(), &fresh_nonce());
    headers.push(("sec-fetch-site", "cross-site".to_owned()));
    let refused = Link::open(relay.address(), &headers).await;
    assert_eq!(refused.unwrap_err().status, 403);
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn the_store_is_private_whatever_the_umask() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("made").join("here");
    let mut relay = Command::new("/bin/sh")
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_opendialogue"))
        .args(["relay", "--listen", "127.0.0.1:0", "--store"])
        .arg(format!("sqlite:{}", folder.join("relay.db").display()))
        .env_clear()
        .env("HOME", home.path())
        .env("OPENDIALOGUE_HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = relay.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let modes: Vec<_> = files.iter().map(|file| mode(file)).collect();
    relay.kill().unwrap();
    relay.wait().unwrap();
    assert!(line.contains("relay on ws://"), "{line}");
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(modes, vec![0o600; 4], "{files:?}");
}

#[tokio::test]
async fn a_store_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let settings = || Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        store: StorePath::Sqlite(path.clone()),
        ..Settings::default()
    };
    for (name, permissions) in [("relay.db", 0o644), ("relay.db-wal", 0o660)] {
        let file = folder.path().join(name);
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(permissions)).unwrap();
        let refused = Relay::start(settings(), Clock::system()).await.unwrap_err();
        assert!(matches!(refused, StartError::StoreFile(_)), "{refused}");
        let command = format!("chmod 600 {}", file.display());
        assert!(refused.to_string().contains(&command), "{refused}");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_store_is_one_relays_until_that_ends_however_it_ends() {
    let home = Home::new("[relay_server]\nlisten = \"127.0.0.1:0\"\n");
    let mut first = Daemon::role(&home, "relay");
    assert!(first.line().contains("relay on ws://"));
    // By another path it is the same store.
    std::os::unix::fs::symlink(home.path().join("opendialogue"), home.path().join("link")).unwrap();
    let linked = format!(
        "relay --store sqlite:{}/link/relay.db",
        home.path().display()
    );
    for words in ["relay", &linked] {
        let second = home.run(words);
        assert_eq!(second.code, 1, "{second:?}");
        for told in [&format!("process {}", first.pid()), "relay.db", "--store"] {
            assert!(second.stderr.contains(told), "{told}: {second:?}");
        }
    }
    let elsewhere = home.path().join("elsewhere/relay.db");
    let mut other = Daemon::role(
        &home,
        &format!("relay --store sqlite:{}", elsewhere.display()),
    );
    assert!(other.line().contains("relay on ws://"));

    // It is killed, and so can clear nothing away.
    drop(first);
    let mut next = Daemon::role(&home, "relay");
    assert!(next.line().contains("relay on ws://"));
    assert_eq!(next.end(), 0);
    let after_the_end = Daemon::role(&home, "relay").line();
    assert!(after_the_end.contains("relay on ws://"), "{after_the_end}");
}
