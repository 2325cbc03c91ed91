//! A daemon that is asked to end while nothing around it answers: it ends in time, and what it had in
//! hand is there at the next start.

use std::time::Duration;

use rusqlite::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::doctor::setup::Setup;
use crate::support::gateway::Script;

/// What the commands promise of every role.
const WITHIN: Duration = Duration::from_secs(10);

/// Longer than any test goes on.
const FOR_EVER: Duration = Duration::from_secs(60 * 60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_ends_in_time_though_hook_relay_and_listener_hang_and_loses_nothing() {
    let relay = DeafRelay::start().await;
    let setup = Setup::new(&relay.url).await;
    let setup = setup.being("10000001", "secret-of-the-test");
    setup.with_a_dead_letter();
    setup.gateway.script([Script::RunAndAnswerLate(FOR_EVER)]);

    let dialled = relay.count();
    let daemon = setup.start_daemon();
    let mut listener = setup.listen().await;
    assert_eq!(setup.home.run("dead retry m-1").code, 0);
    let asked = setup.gateway.until_asked(1).await;
    listener.hears("event: message").await;
    relay.is_dialled_after(dialled).await;

    let ended = tokio::task::spawn_blocking(move || daemon.end());
    let ended = timeout(WITHIN, ended).await;
    assert_eq!(ended.expect("it ends in time").unwrap(), 0);
    listener.hears_the_end().await;
    assert_eq!(setup.row("m-1"), ("waiting".to_owned(), true));

    let daemon = setup.start_daemon();
    let again = setup.gateway.until_asked(2).await;
    assert_eq!(again[1].idempotency_key, asked[0].idempotency_key);
    assert_eq!(again[1].message, asked[0].message);
    setup.until(|status| status["inbox"] == 0);
    assert_eq!(setup.row("m-1").0, "delivered");
    assert_eq!(daemon.end(), 0);
}

/// A relay that takes connections and never says a word.
struct DeafRelay {
    url: String,
    dialled: tokio::sync::watch::Receiver<usize>,
    _listening: JoinSet<()>,
}

impl DeafRelay {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/connect", listener.local_addr().unwrap());
        let (count, dialled) = tokio::sync::watch::channel(0);
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.push(stream);
                count.send_replace(open.len());
            }
        });
        Self {
            url,
            dialled,
            _listening: listening,
        }
    }

    /// How often it was dialled.
    fn count(&self) -> usize {
        *self.dialled.borrow()
    }

    /// Waits until it was dialled more often than that.
    async fn is_dialled_after(&self, before: usize) {
        let mut dialled = self.dialled.clone();
        let again = timeout(WITHIN, dialled.wait_for(|count| *count > before)).await;
        again.expect("the relay is dialled").unwrap();
    }
}

/// Somebody who listens to the events.
struct Listener(TcpStream);

impl Listener {
    async fn hears(&mut self, word: &str) {
        let mut heard = String::new();
        while !heard.contains(word) {
            let mut chunk = [0; 4096];
            let read = timeout(WITHIN, self.0.read(&mut chunk)).await;
            let count = read.expect("the word comes").unwrap();
            assert!(count > 0, "the stream ended before `{word}`: {heard}");
            heard.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        }
    }

    async fn hears_the_end(&mut self) {
        let mut rest = Vec::new();
        let end = timeout(WITHIN, self.0.read_to_end(&mut rest)).await;
        // A connection that is reset has ended too.
        let _ = end.expect("the stream ends");
    }
}

impl Setup {
    /// Begins to listen to the events of the daemon that runs.
    async fn listen(&self) -> Listener {
        let lock = std::fs::read(self.home.path().join("opendialogue/lock")).unwrap();
        let lock: serde_json::Value = serde_json::from_slice(&lock).unwrap();
        let address = lock["address"].as_str().unwrap();
        let token = self.home.token();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /events HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut listener = Listener(stream);
        listener.hears("200 OK").await;
        listener
    }

    /// The state of a message in the inbox, and whether it may have reached the agent.
    fn row(&self, id: &str) -> (String, bool) {
        let database = self.home.path().join("opendialogue/daemon.db");
        let database = Connection::open(database).unwrap();
        let query = "SELECT state, may_repeat FROM inbox WHERE id = ?1";
        let read = database.query_row(query, [id], |row| Ok((row.get(0)?, row.get(1)?)));
        read.unwrap()
    }
}
