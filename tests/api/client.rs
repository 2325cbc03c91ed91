//! A daemon with its API for one test, and a client that sends exactly what it is told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opendialogue::clock::Clock;
use opendialogue::config::{Config, Environment, Overrides};
use opendialogue::daemon::{self, Settings};
use opendialogue::tasks::Tasks;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::described::{Asked, Description};

/// A moment for what has to happen soon; a test that waits for all of it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A daemon and its API, on files of its own.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    token: String,
    description: Description,
    tasks: Tasks,
    home: TempDir,
}

impl Api {
    /// Starts a daemon with these lines in its configuration. Its relay is not there unless the
    /// lines name one.
    pub(crate) async fn start(lines: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let settings = Settings {
            config: config(home.path(), lines),
            name: "test".to_owned(),
            register_again: false,
            accept_unproven: false,
            deliver: false,
        };
        let token_file = settings.config.paths.token_file();
        let running = daemon::start(settings, Clock::system(), &tasks)
            .await
            .unwrap();
        let token = std::fs::read_to_string(token_file).unwrap();
        let token = token.trim().to_owned();
        let described = Ask::get("/openapi.json").with_token();
        let mut described = send(running.address, &described, &token).await;
        let described = Answer::read(&described.read_to_end().await).json();
        Self {
            address: running.address,
            token,
            description: Description::new(described),
            tasks,
            home,
        }
    }

    /// Where the daemon keeps its database.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.home.path().join("opendialogue")
    }

    /// Sends `ask` and reads the whole answer, which has to be as the API describes it.
    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        let answer = Answer::read(&self.open(ask.clone()).await.read_to_end().await);
        let asked = Asked {
            method: &ask.method,
            path: &ask.path,
            body: ask.body.as_deref(),
        };
        let kind = answer.header("content-type").unwrap_or_default();
        self.description
            .check(&asked, answer.status, kind, &answer.body);
        answer
    }

    /// The same in one line for a snapshot: what was asked, and what came back, without what
    /// differs from run to run.
    pub(crate) async fn shown(&self, ask: Ask) -> String {
        let asked = format!("{} {}", ask.method, ask.path);
        let answer = self.ask(ask).await;
        let mut body = answer.json();
        hide(&mut body);
        let port = format!(":{}", self.address.port());
        format!("{asked} → {} {body}", answer.status).replace(&port, ":PORT")
    }

    /// Sends `ask` and leaves the answer to be read.
    pub(crate) async fn open(&self, ask: Ask) -> Stream {
        send(self.address, &ask, &self.token).await
    }

    /// Stops the daemon; it has to end in order.
    pub(crate) async fn stop(self) {
        self.tasks.cancel();
        self.tasks.drain(PATIENCE).await.unwrap();
        assert!(!self.tasks.is_broken());
    }
}

async fn send(address: SocketAddr, ask: &Ask, token: &str) -> Stream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = ask.written(address, token);
    stream.write_all(request.as_bytes()).await.unwrap();
    Stream(stream)
}

fn config(home: &Path, lines: &str) -> Config {
    let environment = Environment::from_pairs([
        ("OPENDIALOGUE_HOME", home.to_str().unwrap()),
        ("OPENDIALOGUE_AGENT_ID", "10000001"),
        ("OPENDIALOGUE_AGENT_SECRET", "secret-of-the-test"),
        ("OPENDIALOGUE_STATUS_PORT", "0"),
    ]);
    let relay = if lines.contains("[relay]") {
        ""
    } else {
        "[relay]\nurl = \"ws://127.0.0.1:1\"\n"
    };
    let text = format!("{relay}{lines}");
    let file = home.join("opendialogue.toml");
    Config::from_text(&environment, &Overrides::default(), &file, &text).unwrap()
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    has_token: bool,
}

impl Ask {
    pub(crate) fn get(path: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            has_token: false,
        }
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::post_text(path, &body.to_string())
    }

    pub(crate) fn post_text(path: &str, body: &str) -> Self {
        let body = Some(body.to_owned());
        Self {
            body,
            ..Self::get(path)
        }
        .method("POST")
    }

    pub(crate) fn method(self, method: &str) -> Self {
        Self {
            method: method.to_owned(),
            ..self
        }
    }

    /// Sets a header in place of the one that is sent otherwise.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn with_token(self) -> Self {
        Self {
            has_token: true,
            ..self
        }
    }

    fn written(&self, address: SocketAddr, token: &str) -> String {
        let mut headers = vec![
            ("host".to_owned(), address.to_string()),
            ("connection".to_owned(), "close".to_owned()),
        ];
        if let Some(body) = &self.body {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            headers.push(("content-length".to_owned(), body.len().to_string()));
        }
        if self.has_token {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        headers.retain(|(name, _)| !self.headers.iter().any(|(own, _)| own == name));
        let lines = headers.iter().chain(&self.headers);
        let lines: String = lines
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let body = self.body.as_deref().unwrap_or_default();
        format!(
            "{} {} HTTP/1.1\r\n{lines}\r\n{body}",
            self.method, self.path
        )
    }
}

/// An answer that is still coming.
#[derive(Debug)]
pub(crate) struct Stream(TcpStream);

impl Stream {
    /// Reads until `word` has come.
    pub(crate) async fn read_until(&mut self, word: &str) -> String {
        let mut read = String::new();
        while !read.contains(word) {
            let mut chunk = [0; 4096];
            let some = tokio::time::timeout(PATIENCE, self.0.read(&mut chunk)).await;
            let count = some.expect("the word comes soon").unwrap();
            assert!(count > 0, "ended before `{word}`: {read}");
            read.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        }
        read
    }

    /// Reads to the end of the answer. A server that refuses a large body need not read it: what
    /// it said before it hung up counts.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        let end = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await;
        let read = end.expect("the answer ends soon");
        assert!(read.is_ok() || !bytes.is_empty(), "{read:?}");
        // A chunked body keeps its frame; the last chunk of a short one is what counts here.
        let text = String::from_utf8(bytes).unwrap();
        text.trim_end_matches("\r\n0\r\n\r\n").to_owned()
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    head: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: body.to_owned(),
            head: head.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(own, _)| *own == name)
            .map(|(_, value)| value)
            .next()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

/// Hides what differs from run to run.
fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_random = matches!(name.as_str(), "message_id" | "digest");
                let is_time = name.ends_with("_at")
                    || matches!(name.as_str(), "at" | "elapsed_us" | "uptime_seconds");
                let is_made =
                    name == "conversation_id" && value.as_str().is_some_and(|id| id.len() > 16);
                // How far the link has got with a relay that is not there.
                let is_link = matches!(name.as_str(), "link" | "last_error");
                match is_random || is_time || is_made || is_link {
                    true => *value = "…".into(),
                    false => hide(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
