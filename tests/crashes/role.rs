//! A role as a process that may be killed: a relay, or a daemon with its gateway.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use opendialogue::fault::Point;
use reqwest::{Client, Method};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::PATIENCE;
use crate::support::gateway::Gateway;
use crate::support::warm;

/// Where a process ends, and the how manieth time that it comes there.
pub(crate) type Fault = Option<(Point, u32)>;

/// A role in a home of its own. It is started again where it was.
#[derive(Debug)]
pub(crate) struct Role {
    home: TempDir,
    words: Mutex<String>,
    running: Mutex<Option<Running>>,
    /// Where it is reached; another address after each start.
    address: watch::Sender<Option<String>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// Held, so that it may print.
    _stdout: BufReader<ChildStdout>,
}

/// An agent: its daemon, and the gateway that the daemon hands its messages to.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) gateway: tokio::sync::Mutex<Gateway>,
    client: Client,
}

impl Role {
    fn new(words: &str, configuration: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("opendialogue.toml"), configuration).unwrap();
        Self {
            home,
            words: Mutex::new(words.to_owned()),
            running: Mutex::default(),
            address: watch::Sender::default(),
        }
    }

    /// A relay that limits nothing: what it limits is tried elsewhere.
    pub(crate) fn relay() -> Self {
        let unlimited = "[relay_server]\nrate_limit_per_minute = 0\nmax_turns = 0\n\
                         registrations_per_minute = 0\n";
        Self::new("relay --listen 127.0.0.1:0", unlimited)
    }

    /// Starts it, to end at `fault`, and waits until it says that it is up.
    pub(crate) async fn start(&self, fault: Fault) {
        let mut child = self.command(fault).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (line, stdout) = spawn_blocking(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            (line, stdout)
        })
        .await
        .unwrap();
        let address = line.trim().rsplit("//").next().unwrap();
        let address = address.trim_end_matches("/connect").to_owned();
        assert!(
            address.starts_with("127.0.0.1:"),
            "{line:?}: {}",
            self.log()
        );
        if line.starts_with("relay") {
            // From now on it is where the daemons look for it.
            *self.words.lock().unwrap() = format!("relay --listen {address}");
        }
        *self.running.lock().unwrap() = Some(Running {
            child,
            _stdout: stdout,
        });
        self.address.send_replace(Some(address));
    }

    /// Waits until it has killed itself.
    pub(crate) async fn until_killed(&self) {
        self.address_after(None).await;
        let mut running = self.running.lock().unwrap().take().unwrap();
        let pid = rustix::process::Pid::from_child(&running.child);
        let ended = spawn_blocking(move || running.child.wait().unwrap());
        let Ok(ended) = timeout(PATIENCE, ended).await else {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            panic!("it did not come to its end: {}", self.log());
        };
        assert_eq!(ended.unwrap().signal(), Some(9), "{}", self.log());
        self.address.send_replace(None);
    }

    /// Where it is reached, once that is not `tried`.
    pub(crate) async fn address_after(&self, tried: Option<&str>) -> String {
        let mut address = self.address.subscribe();
        let is_new = |now: &Option<String>| now.is_some() && now.as_deref() != tried;
        let found = timeout(PATIENCE, address.wait_for(is_new)).await;
        found.expect("it is up").unwrap().clone().unwrap()
    }

    /// What it logged, for a test that fails.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    fn command(&self, fault: Fault) -> Command {
        let home = self.home.path();
        let mut log = File::options();
        let log = log.create(true).append(true).open(home.join("log"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_opendialogue"));
        command
            .args(self.words.lock().unwrap().split_whitespace())
            .env_clear()
            .env("OPENDIALOGUE_STATUS_PORT", "0")
            .env("OPENDIALOGUE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.unwrap());
        for name in ["OPENDIALOGUE_HOME", "OPENCLAW_STATE_DIR", "HOME"] {
            command.env(name, home);
        }
        if let Some((point, times)) = fault {
            command.env("OPENDIALOGUE_FAULT", format!("{}:{times}", point.name()));
        }
        command
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.lock().unwrap().take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Agent {
    /// An agent that the relay knows and that has not been started.
    pub(crate) async fn registered(relay: &Role, policies: &str) -> Self {
        let relay = relay.address_after(None).await;
        let register = client().post(format!("http://{relay}/api/agent/register"));
        let card = register.json(&json!({"name": "crash"})).send().await;
        let card: Value = card.unwrap().json().await.unwrap();
        let known = |key: &str| card[key].as_str().unwrap();
        Self::known(&relay, known("agent_id"), known("agent_secret"), policies).await
    }

    /// The same of a relay that knows it already.
    pub(crate) async fn known(relay: impl Display, id: &str, secret: &str, policies: &str) -> Self {
        let gateway = Gateway::start().await;
        let configuration = format!(
            "[relay]\nurl = \"ws://{relay}/connect\"\n[gateway]\nbase_url = \"{}\"\n{policies}",
            gateway.base_url(),
        );
        let role = Role::new("daemon", &configuration);
        let home = role.home.path();
        write_private(
            &home.join("opendialogue-state.json"),
            &json!({
                "agentId": id,
                "agentSecret": secret,
                // Else the first message would ask the relay for 20 turns.
                "maxTurnsPerConversation": 10_000,
            })
            .to_string(),
        );
        fs::write(home.join("openclaw.json"), gateway.openclaw_json()).unwrap();
        warm::up(&home.join("opendialogue")).await;
        Self {
            id: id.to_owned(),
            role,
            gateway: tokio::sync::Mutex::new(gateway),
            client: client(),
        }
    }

    /// Asks its daemon until it answers, over its death and return; the status and the body.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let mut tried = None;
        loop {
            let address = self.role.address_after(tried.as_deref()).await;
            let token = fs::read_to_string(self.role.home.path().join("opendialogue/token"));
            let request = self
                .client
                .request(method.clone(), format!("http://{address}{path}"))
                .bearer_auth(token.unwrap().trim());
            let request = match method == Method::GET {
                true => request,
                false => request.json(body),
            };
            if let Ok(answer) = request.send().await {
                let status = answer.status().as_u16();
                if let Ok(body) = answer.json().await {
                    return (status, body);
                }
            }
            tried = Some(address);
        }
    }

    /// Everything that its daemon knows of a message.
    pub(crate) async fn story(&self, id: &str) -> Value {
        self.get(&format!("/messages/{id}")).await
    }

    /// What its daemon answers to a question.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
}

/// Each request has a connection of its own: one that fails tells that the daemon is gone.
fn client() -> Client {
    let tls = opendialogue::tls::trusting_nobody().unwrap();
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .pool_max_idle_per_host(0)
        .timeout(PATIENCE);
    builder.build().unwrap()
}

fn write_private(path: &Path, text: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}
