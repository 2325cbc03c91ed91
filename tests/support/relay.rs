//! A relay of a test's own, on a port of its own, with a clock that the test moves.

use std::net::SocketAddr;
use std::time::Duration;

use opendialogue::clock::Clock;
use opendialogue::relay::{Relay, RunningRelay, Settings, StorePath};
use opendialogue::types::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::agent_featured::AgentFeatured;
use super::agent_v1::{AgentV1, Identity};

/// How long a relay may take to stop.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// A running relay and what it stands on.
#[derive(Debug)]
pub(crate) struct TestRelay {
    running: RunningRelay,
    settings: Settings,
    clock: Clock,
    folder: TempDir,
}

impl TestRelay {
    /// A relay with the limits of a real one, but that anyone may register as often as they like.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            store: StorePath::Sqlite(folder.path().join("relay").join("relay.db")),
            registrations_per_minute: 0,
            rate_limit_per_minute: 0,
            ..Settings::default()
        };
        change(&mut settings);
        let clock = Clock::manual(Timestamp::from_millis(1_795_373_464_750));
        Self {
            running: Relay::start(settings.clone(), clock.clone()).await.unwrap(),
            settings,
            clock,
            folder,
        }
    }

    /// Stops the relay in order and starts it again on what it kept.
    pub(crate) async fn restart(self) -> Self {
        self.running.shutdown(STOP_WITHIN).await.unwrap();
        let running = Relay::start(self.settings.clone(), self.clock.clone()).await;
        Self {
            running: running.unwrap(),
            ..self
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.local_addr
    }

    pub(crate) fn folder(&self) -> &TempDir {
        &self.folder
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the relay's clock on.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.set(self.clock.now() + time);
    }

    pub(crate) async fn register(&self, name: &str) -> Identity {
        let body = json!({"name": name}).to_string();
        let (status, answer) = self
            .call(Method::POST, "/api/agent/register", &body, vec![])
            .await;
        assert_eq!(status, 201, "{answer}");
        Identity {
            id: answer["agent_id"].as_str().unwrap().to_owned(),
            secret: answer["agent_secret"].as_str().unwrap().to_owned(),
        }
    }

    /// Connects as a version 1 agent.
    pub(crate) async fn plugin(&self, identity: &Identity) -> AgentV1 {
        AgentV1::connect(self.address(), identity, self.now())
            .await
            .unwrap()
    }

    /// Connects as an agent that knows every extension.
    pub(crate) async fn agent(&self, identity: &Identity) -> AgentFeatured {
        AgentFeatured::connect(self.address(), identity, self.now())
            .await
            .unwrap()
    }

    /// Asserts that nothing waits for an agent: new mail goes behind what waits, and this probe is
    /// the first that comes.
    pub(crate) async fn has_no_mail_for(&self, who: &Identity) {
        let probe = self.register("probe").await;
        let (mut probe, mut agent) = (self.plugin(&probe).await, self.agent(who).await);
        probe.say(&who.id, "probe", "hi", self.now()).await;
        assert_eq!(agent.accept().await["id"], "probe");
        agent.link.hears_nothing().await;
        agent.link.close().await;
    }

    /// Makes a signed REST call.
    pub(crate) async fn rest(
        &self,
        who: &Identity,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = who.request_headers(method.as_str(), path, &body, self.now());
        self.call(method, path, &body, headers).await
    }

    /// Makes a REST call with these headers.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: Vec<(&'static str, String)>,
    ) -> (u16, Value) {
        let (status, text) = self.ask(method, path, body, headers).await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// The same, where the answer need not be JSON.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: Vec<(&'static str, String)>,
    ) -> (u16, String) {
        let mut request = client()
            .request(method, format!("http://{}{path}", self.address()))
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.text().await.unwrap())
    }
}

fn client() -> Client {
    let tls = opendialogue::tls::trusting_nobody().unwrap();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}
