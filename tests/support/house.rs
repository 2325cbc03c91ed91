//! A relay and agents around it, each agent a daemon with a home and a gateway of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opendialogue::clock::Clock;
use opendialogue::config::{Config, Environment, Overrides};
use opendialogue::daemon::view::{Event, InboxMessage, SendAnswer, SendRequest};
use opendialogue::daemon::{self, Daemon, Running};
use opendialogue::relay::{self, Relay, RunningRelay, StorePath};
use opendialogue::tasks::Tasks;
use opendialogue::types::{AgentId, ConversationId, MessageId};
use tempfile::TempDir;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::gateway::Gateway;
use super::warm;

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A relay on a file of its own, that can be stopped and started again where it was.
pub(crate) struct Middle {
    home: TempDir,
    running: Option<RunningRelay>,
    address: SocketAddr,
}

/// An agent: a daemon that is connected, its home and its gateway.
pub(crate) struct Agent {
    home: TempDir,
    pub(crate) gateway: Gateway,
    pub(crate) daemon: Daemon,
    /// Where its local API listens.
    pub(crate) address: SocketAddr,
    tasks: Tasks,
}

/// An agent whose daemon is stopped.
pub(crate) struct Away {
    home: TempDir,
    gateway: Gateway,
}

impl Middle {
    pub(crate) async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let running = start_relay(home.path(), SocketAddr::from(([127, 0, 0, 1], 0))).await;
        Self {
            address: running.local_addr,
            running: Some(running),
            home,
        }
    }

    /// Where agents connect.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}/connect", self.address)
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown(PATIENCE).await.unwrap();
        }
    }

    pub(crate) async fn start_again(&mut self) {
        self.running = Some(start_relay(self.home.path(), self.address).await);
    }

    /// A new agent at this relay.
    pub(crate) async fn agent(&self) -> Agent {
        self.agent_with("").await
    }

    /// A new agent with `policies` in its configuration.
    pub(crate) async fn agent_with(&self, policies: &str) -> Agent {
        let gateway = Gateway::start().await;
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("openclaw.json"), gateway.openclaw_json()).unwrap();
        let config = format!(
            "[relay]\nurl = \"ws://{}/connect\"\n[gateway]\nbase_url = \"{}\"\n\
             [local]\nlisten = \"127.0.0.1:0\"\n{policies}",
            self.address,
            gateway.base_url(),
        );
        std::fs::write(home.path().join("opendialogue.toml"), config).unwrap();
        warm::up(&home.path().join("opendialogue")).await;
        Away { home, gateway }.come_back().await
    }
}

impl Agent {
    pub(crate) fn id(&self) -> AgentId {
        self.daemon.agent_id().clone()
    }

    /// The home, for whoever wants to look or to copy.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Says `text` to `to`, in the current conversation or a new one.
    pub(crate) async fn say(&self, to: &Agent, text: &str) -> SendAnswer {
        let answer = self.daemon.send(request(to, text)).await.unwrap();
        answer.unwrap()
    }

    /// Waits until `what` happened to the message `id`, and gives the detail.
    pub(crate) async fn until_happened(&self, id: &MessageId, what: &str) -> Option<String> {
        self.until(async |daemon| {
            let stories = daemon.story(id).await.unwrap();
            let events = stories.into_iter().flat_map(|story| story.events);
            events.into_iter().find(|event| event.what == what)
        })
        .await
        .detail
    }

    /// Waits until the relay has settled the message `id`: on a busy machine an acknowledgement may
    /// come after the 5 s in which the relay waits for it, and `sent` becomes `at_relay`.
    pub(crate) async fn until_settled(&self, id: &MessageId) {
        self.until(async |daemon| {
            let stories = daemon.story(id).await.unwrap();
            let mut events = stories.into_iter().flat_map(|story| story.events);
            events.find(|event| ["sent", "at_relay"].contains(&event.what.as_str()))
        })
        .await;
    }

    /// Waits until the message `id` is in the inbox.
    pub(crate) async fn until_received(&self, id: &MessageId) -> InboxMessage {
        self.until(async |daemon| {
            let inbox = daemon.inbox(None, 1000).await.unwrap();
            inbox.into_iter().find(|message| message.message_id == *id)
        })
        .await
    }

    /// Waits until the link is as `state` says.
    pub(crate) async fn until_link(&self, state: &str) {
        self.until(async |daemon| {
            let status = daemon.status().await.unwrap();
            (status.link == state).then_some(())
        })
        .await;
    }

    /// Waits until `look` sees something. It looks again after every event.
    pub(crate) async fn until<T>(&self, look: impl AsyncFn(&Daemon) -> Option<T>) -> T {
        let mut events = self.daemon.events();
        let seen = async {
            loop {
                if let Some(seen) = look(&self.daemon).await {
                    return seen;
                }
                match events.recv().await {
                    Ok(Event::Message { .. } | Event::Live { .. } | Event::Link { .. })
                    | Ok(
                        Event::Gateway { .. } | Event::Trust { .. } | Event::PolicyReload { .. },
                    )
                    | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("the daemon is gone"),
                }
            }
        };
        match timeout(PATIENCE, seen).await {
            Ok(seen) => seen,
            Err(_) => panic!("it never happened: {:?}", self.daemon.status().await),
        }
    }

    /// Ends a conversation from this side.
    pub(crate) async fn end(&self, id: &ConversationId) -> SendAnswer {
        let answer = self.daemon.end_conversation(id, None).await.unwrap();
        answer.unwrap()
    }

    /// Stops the daemon; its home and its gateway stay.
    pub(crate) async fn leave(self) -> Away {
        self.tasks.cancel();
        drop(self.daemon);
        self.tasks.drain(PATIENCE).await.unwrap();
        assert!(!self.tasks.is_broken());
        Away {
            home: self.home,
            gateway: self.gateway,
        }
    }
}

impl Away {
    /// Where the daemon keeps its files.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.home.path().join("opendialogue")
    }

    /// Starts the daemon on what it left behind.
    pub(crate) async fn come_back(self) -> Agent {
        let (Running { daemon, address }, tasks) = start_running(self.home.path()).await;
        let agent = Agent {
            home: self.home,
            gateway: self.gateway,
            daemon,
            address,
            tasks,
        };
        agent.until_link("connected").await;
        agent
    }
}

/// What `to` is to be told.
pub(crate) fn request(to: &Agent, text: &str) -> SendRequest {
    SendRequest {
        to: to.id(),
        content: text.to_owned(),
        conversation_id: None,
        turn_number: None,
        reply_session: None,
        idempotency_key: None,
    }
}

/// Starts a daemon in a home that is ready.
pub(crate) async fn start_daemon(home: &Path) -> (Daemon, Tasks) {
    let (running, tasks) = start_running(home).await;
    (running.daemon, tasks)
}

async fn start_running(home: &Path) -> (Running, Tasks) {
    let environment = Environment::from_pairs([
        ("OPENDIALOGUE_HOME", home.as_os_str()),
        ("OPENCLAW_STATE_DIR", home.as_os_str()),
        ("HOME", home.as_os_str()),
    ]);
    let config = Config::load(&environment, &Overrides::default(), None).unwrap();
    let settings = daemon::Settings {
        config,
        name: "test agent".to_owned(),
        register_again: false,
        accept_unproven: false,
        deliver: true,
    };
    let tasks = Tasks::new();
    let running = daemon::start(settings, Clock::system(), &tasks)
        .await
        .unwrap();
    (running, tasks)
}

async fn start_relay(home: &Path, listen: SocketAddr) -> RunningRelay {
    let settings = relay::Settings {
        listen,
        store: StorePath::Sqlite(home.join("relay.db")),
        // What a relay limits is tried where it is tried alone.
        registrations_per_minute: 0,
        rate_limit_per_minute: 0,
        max_turns: 0,
        ..relay::Settings::default()
    };
    Relay::start(settings, Clock::system()).await.unwrap()
}
