//! A double of the OpenClaw gateway: it answers as the real one was observed to, and remembers what
//! it was asked. It listens on a port of its own of 127.0.0.1, which it keeps over a restart.

#[path = "gateway/answer.rs"]
mod answer;
#[path = "gateway/run.rs"]
mod run;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use run::Run;
use run::Runs;

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Option<JoinSet<()>>,
}

/// `hooks` of its `openclaw.json`, and its patience.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) enabled: bool,
    pub(crate) token: String,
    pub(crate) path: String,
    pub(crate) allow_request_session_key: bool,
    pub(crate) allowed_session_key_prefixes: Option<Vec<String>>,
    /// How long a request waits for a busy session or a free place; the real one 15 s.
    pub(crate) busy_wait: Duration,
    /// How long a body may take; the real one 30 s.
    pub(crate) body_wait: Duration,
    /// How long a run's key is kept after its end; the real one 5 minutes.
    pub(crate) key_kept: Duration,
}

/// What happens to one hook request instead of the usual.
#[derive(Debug, Clone)]
pub(crate) enum Script {
    /// This answer.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// The message is run and the answer takes this long.
    RunAndAnswerLate(Duration),
    /// Nothing is run and the connection ends.
    HangUp,
    /// The message is run and the connection ends before the answer.
    RunAndHangUp,
}

/// A hook request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) idempotency_key: Option<String>,
    pub(crate) session_key: Option<String>,
    pub(crate) session_mode: Option<String>,
    pub(crate) message: Option<String>,
    /// Whether the token was right.
    pub(crate) authorized: bool,
}

#[derive(Debug)]
struct Shared {
    settings: Mutex<Settings>,
    script: Mutex<VecDeque<Script>>,
    asked: watch::Sender<Vec<Asked>>,
    probes: watch::Sender<usize>,
    draining: Mutex<bool>,
    wrong_tries: Mutex<VecDeque<tokio::time::Instant>>,
    runs: Runs,
}

/// Cancelled, it ends the connection on which a request came.
#[derive(Debug, Clone, Default)]
struct Line(CancellationToken);

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            token: "hook-token".to_owned(),
            path: "/hooks".to_owned(),
            allow_request_session_key: true,
            allowed_session_key_prefixes: Some(vec!["hook:".to_owned()]),
            busy_wait: Duration::from_secs(15),
            body_wait: Duration::from_secs(30),
            key_kept: Duration::from_secs(5 * 60),
        }
    }
}

impl Gateway {
    /// One with hooks and everything allowed.
    pub(crate) async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut gateway = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::new(Shared {
                settings: Mutex::new(settings),
                script: Mutex::default(),
                asked: watch::Sender::default(),
                probes: watch::Sender::default(),
                draining: Mutex::default(),
                wrong_tries: Mutex::default(),
                runs: Runs::default(),
            }),
            serving: None,
        };
        gateway.serve(listener);
        gateway
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes its settings, as an edit of `openclaw.json` would.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.shared.settings));
    }

    /// Its settings as they would stand in `openclaw.json`.
    pub(crate) fn openclaw_json(&self) -> String {
        let settings = lock(&self.shared.settings);
        let mut hooks = serde_json::json!({
            "enabled": settings.enabled,
            "token": settings.token,
            "path": settings.path,
            "allowRequestSessionKey": settings.allow_request_session_key,
        });
        if let Some(prefixes) = &settings.allowed_session_key_prefixes {
            hooks["allowedSessionKeyPrefixes"] = prefixes.clone().into();
        }
        serde_json::json!({ "hooks": hooks }).to_string()
    }

    /// What happens to the next hook requests that have the right token, one each.
    pub(crate) fn script(&self, script: impl IntoIterator<Item = Script>) {
        lock(&self.shared.script).extend(script);
    }

    /// How often the hook was asked with no message, to hear of the token alone.
    pub(crate) fn probes(&self) -> usize {
        *self.shared.probes.borrow()
    }

    /// Every hook request so far, but for those with no message.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until `count` hook requests have come.
    pub(crate) async fn until_asked(&self, count: usize) -> Vec<Asked> {
        let mut asked = self.shared.asked.subscribe();
        let enough = asked.wait_for(|asked| asked.len() >= count);
        let enough = tokio::time::timeout(PATIENCE, enough).await;
        enough
            .expect("the gateway was asked in time")
            .unwrap()
            .clone()
    }

    /// Every run so far, in the order in which they were admitted.
    pub(crate) fn runs(&self) -> Vec<Run> {
        self.shared.runs.all()
    }

    /// Waits until `count` messages were admitted.
    pub(crate) async fn until_run(&self, count: usize) -> Vec<Run> {
        let runs = tokio::time::timeout(PATIENCE, self.shared.runs.until(count)).await;
        runs.expect("the messages were run in time")
    }

    /// From now on runs go on until [`Gateway::finish_runs`].
    pub(crate) fn hold_runs(&self) {
        self.shared.runs.hold();
    }

    /// Ends all runs that go on, and lets later ones end at once.
    pub(crate) fn finish_runs(&self) {
        self.shared.runs.finish();
    }

    /// The most runs that were ever active together.
    pub(crate) fn most_active(&self) -> usize {
        self.shared.runs.most_active()
    }

    /// From now on it takes nothing, as before a restart.
    pub(crate) fn drain(&self) {
        *lock(&self.shared.draining) = true;
    }

    /// Ends every connection and listens no more.
    pub(crate) async fn stop(&mut self) {
        if let Some(mut serving) = self.serving.take() {
            serving.shutdown().await;
        }
    }

    /// Listens again where it did, with nothing remembered.
    pub(crate) async fn start_again(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.shared.runs.forget_keys();
        *lock(&self.shared.draining) = false;
        lock(&self.shared.wrong_tries).clear();
        self.serve(listener);
    }

    /// Stops and starts again.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    fn serve(&mut self, listener: TcpListener) {
        let router = Router::new()
            .fallback(answer::answer)
            .with_state(Arc::clone(&self.shared));
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, router));
        self.serving = Some(serving);
    }
}

/// Serves connections for as long as it runs: they end with it.
async fn accept(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(connection(stream, router.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let line = Line::default();
    let service = TowerToHyperService::new(router.layer(Extension(line.clone())));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = serving => {}
        () = line.0.cancelled() => {}
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
