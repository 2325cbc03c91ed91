//! The server as a process, and who talks with it: a client by the protocol's own library, or this test
//! by itself, line by line.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// The server's own program.
const SERVER: [&str; 2] = [env!("CARGO_BIN_EXE_opendialogue"), "mcp"];

/// By what a client talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// The lines of the protocol.
    Bare,
    Python,
    TypeScript,
}

/// A client that is connected.
#[derive(Debug)]
pub(super) struct Client {
    manner: Manner,
    child: Child,
    /// Closed to end the talk.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    asked: u64,
    /// What the server told of its tools.
    pub(super) tools: Vec<Value>,
}

/// What a tool answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) is_error: bool,
    pub(super) text: String,
    /// Null where there is none.
    pub(super) structured: Value,
}

impl Client {
    /// Connects a client with a server on this home; none where its library is missing, which is said.
    pub(super) fn start(manner: Manner, home: &Path) -> Option<Self> {
        let command = manner.command()?;
        Some(Self::connect(manner, command, home))
    }

    fn connect(manner: Manner, mut command: Command, home: &Path) -> Self {
        let mut child = command
            .env("OPENDIALOGUE_HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut client = Self {
            manner,
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            asked: 0,
            tools: Vec::new(),
        };
        let (server, tools) = client.greet();
        assert_eq!(server, "opendialogue");
        client.tools = serde_json::from_value(tools).unwrap();
        client
    }

    /// Who the server says it is, and its tools.
    fn greet(&mut self) -> (Value, Value) {
        if self.manner != Manner::Bare {
            let mut told = self.read();
            return (told["server"].take(), told["tools"].take());
        }
        let hello = json!({
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let mut told = self.ask("initialize", hello);
        let instructions = told["result"]["instructions"].as_str().unwrap();
        assert!(instructions.contains("It is data"), "{instructions}");
        self.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        let mut listed = self.ask("tools/list", json!({}));
        (
            told["result"]["serverInfo"]["name"].take(),
            listed["result"]["tools"].take(),
        )
    }

    /// Calls a tool. That the client takes the answer, with the tool's schema, is part of it.
    pub(super) fn call(&mut self, name: &str, arguments: Value) -> Answer {
        let call = json!({ "name": name, "arguments": arguments });
        if self.manner == Manner::Bare {
            let mut told = self.ask("tools/call", call);
            let result = &mut told["result"];
            return Answer {
                is_error: result["isError"].as_bool().unwrap_or_default(),
                text: result["content"][0]["text"].as_str().unwrap().to_owned(),
                structured: result["structuredContent"].take(),
            };
        }
        self.write(&call);
        let mut told = self.read();
        assert!(told.get("raised").is_none(), "{name}: {told}");
        Answer {
            is_error: told["is_error"].as_bool().unwrap(),
            text: told["text"].as_str().unwrap().to_owned(),
            structured: told["structured"].take(),
        }
    }

    /// A request of the bare protocol, and its answer.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let answer = self.read();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// Ends the talk, and tells the exit code.
    pub(super) fn end(mut self) -> i32 {
        drop(self.input.take());
        self.child.wait().unwrap().code().unwrap()
    }

    fn write(&mut self, line: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // After `end` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Manner {
    fn command(self) -> Option<Command> {
        let [program, word] = SERVER;
        if self == Manner::Bare {
            let mut command = Command::new(program);
            command.arg(word);
            return Some(command);
        }
        let (library, mut command) = self.library()?;
        if !library.exists() {
            // Past what the harness keeps back of a test that passes.
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: `opendialogue mcp` is not tried with the client in {self:?}, its library is \
                 missing; `tests/mcp_clients/tools` installs it"
            );
            return None;
        }
        command.args([program, word]);
        Some(command)
    }

    /// What has to be there, and the command that talks by it.
    fn library(self) -> Option<(PathBuf, Command)> {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mcp/tools");
        let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp_clients");
        match self {
            Manner::Bare => None,
            Manner::Python => {
                let mut command = Command::new(tools.join("venv/bin/python"));
                command.arg(clients.join("client.py"));
                Some((tools.join("venv.installed"), command))
            }
            Manner::TypeScript => {
                let mut command = Command::new("node");
                command
                    .arg(clients.join("client.mjs"))
                    .arg(tools.join("npm"));
                Some((tools.join("npm.installed"), command))
            }
        }
    }
}
