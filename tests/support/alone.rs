//! A daemon without a gateway: its messages wait in the inbox and are looked at there.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use opendialogue::clock::Clock;
use opendialogue::config::{Config, Environment, Overrides};
use opendialogue::daemon::view::{SendAnswer, SendRequest};
use opendialogue::daemon::{self, Daemon, StartError};
use opendialogue::tasks::Tasks;
use opendialogue::types::{AgentId, MessageId};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::relay_v1::{AGENT, NOW, PATIENCE, PEER, SECRET};
use super::warm;

/// A home in which a daemon can be started, again and again.
pub(crate) struct Home {
    dir: TempDir,
    relay_url: String,
    environment: Vec<(String, OsString)>,
    /// What the configuration says of policies.
    pub(crate) policies: &'static str,
    pub(crate) clock: Clock,
    pub(crate) register_again: bool,
}

/// A daemon that runs in a [`Home`].
pub(crate) struct Alone {
    pub(crate) daemon: Daemon,
    pub(crate) tasks: Tasks,
}

impl Home {
    /// Empty: an agent that is not registered.
    pub(crate) fn empty(relay_url: &str) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            relay_url: relay_url.to_owned(),
            environment: Vec::new(),
            policies: "",
            clock: Clock::manual(NOW),
            register_again: false,
        }
    }

    /// With the identity that the relay knows.
    pub(crate) fn known(relay_url: &str) -> Self {
        let home = Self::empty(relay_url);
        home.write_state(&json!({"agentId": AGENT, "agentSecret": SECRET}).to_string());
        home
    }

    pub(crate) fn set_variable(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Has the configuration name another relay from the next start on.
    pub(crate) fn move_to(&mut self, relay_url: &str) {
        relay_url.clone_into(&mut self.relay_url);
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.dir.path().join("opendialogue-state.json")
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("opendialogue")
    }

    pub(crate) fn write_state(&self, text: &str) {
        fs::write(self.state_file(), text).unwrap();
        self.set_mode(0o600);
    }

    /// Sets the rights of the state file.
    pub(crate) fn set_mode(&self, mode: u32) {
        fs::set_permissions(self.state_file(), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn state(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.state_file()).unwrap()).unwrap()
    }

    pub(crate) async fn start(&self) -> Alone {
        warm::up(&self.data_dir()).await;
        let (started, tasks) = self.try_start().await;
        Alone {
            daemon: started.unwrap(),
            tasks,
        }
    }

    pub(crate) async fn try_start(&self) -> (Result<Daemon, StartError>, Tasks) {
        let home = self.dir.path().as_os_str();
        let own = ["OPENDIALOGUE_HOME", "OPENCLAW_STATE_DIR", "HOME"];
        let own = own.map(|name| (name.to_owned(), home.to_owned()));
        let environment = Environment::from_pairs(own.into_iter().chain(self.environment.clone()));
        let text = format!(
            "[relay]\nurl = \"{}\"\n[local]\nlisten = \"127.0.0.1:0\"\n{}",
            self.relay_url, self.policies
        );
        let path = self.dir.path().join("opendialogue.toml");
        let config = Config::from_text(&environment, &Overrides::default(), &path, &text).unwrap();
        let settings = daemon::Settings {
            config,
            name: "test agent".to_owned(),
            register_again: self.register_again,
            deliver: false,
        };
        let tasks = Tasks::new();
        let started = daemon::start(settings, self.clock.clone(), &tasks).await;
        (started.map(|running| running.daemon), tasks)
    }
}

impl Alone {
    /// Says `content` to [`PEER`].
    pub(crate) async fn say(&self, content: &str) -> SendAnswer {
        self.say_to(PEER, content).await
    }

    pub(crate) async fn say_to(&self, peer: &str, content: &str) -> SendAnswer {
        let answer = self.daemon.send(request(peer, content)).await.unwrap();
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

    /// Waits until the link is as `state` says.
    pub(crate) async fn until_link(&self, state: &str) {
        self.until(async |daemon| (daemon.status().await.unwrap().link == state).then_some(()))
            .await;
    }

    /// The contents of the inbox once there are `count`.
    pub(crate) async fn until_inbox(&self, count: usize) -> Vec<String> {
        self.until(async |daemon| {
            let inbox = daemon.inbox(None, 1000).await.unwrap();
            let contents: Vec<_> = inbox.into_iter().map(|message| message.content).collect();
            (contents.len() >= count).then_some(contents)
        })
        .await
    }

    /// The state of a message's row.
    pub(crate) async fn state(&self, id: &MessageId) -> String {
        self.daemon.story(id).await.unwrap().remove(0).state
    }

    /// Waits until `look` sees something. It looks again after every event.
    pub(crate) async fn until<T>(&self, look: impl AsyncFn(&Daemon) -> Option<T>) -> T {
        let mut events = self.daemon.events();
        let seen = async {
            loop {
                if let Some(seen) = look(&self.daemon).await {
                    return seen;
                }
                if let Err(RecvError::Closed) = events.recv().await {
                    panic!("the daemon is gone");
                }
            }
        };
        match timeout(PATIENCE, seen).await {
            Ok(seen) => seen,
            Err(_) => panic!("it never happened: {:?}", self.daemon.status().await),
        }
    }

    /// Stops the daemon, though its handle is still held.
    pub(crate) async fn stop(self) {
        self.tasks.cancel();
        let ten_seconds = std::time::Duration::from_secs(10);
        self.tasks.drain(ten_seconds).await.unwrap();
        assert!(!self.tasks.is_broken());
    }
}

pub(crate) fn request(peer: &str, content: &str) -> SendRequest {
    SendRequest {
        to: AgentId::new(peer).unwrap(),
        content: content.to_owned(),
        conversation_id: None,
        turn_number: None,
        reply_session: None,
        idempotency_key: None,
    }
}
