//! The program as a process, on a home of its own and with an environment of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home with a configuration; its daemon has an identity, and a relay that is not there.
#[derive(Debug)]
pub(crate) struct Home {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    pub(crate) fn new(configuration: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("opendialogue.toml"), configuration).unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        let home = Self {
            directory,
            variables: Vec::new(),
        };
        home.with("OPENDIALOGUE_HOME", &path)
            .with("HOME", &path)
            .with("OPENDIALOGUE_AGENT_ID", "10000001")
            .with("OPENDIALOGUE_AGENT_SECRET", "secret-of-the-test")
            .with("OPENDIALOGUE_SERVER_URL", "ws://127.0.0.1:1/connect")
            .with("OPENDIALOGUE_STATUS_PORT", "0")
    }

    /// Writes another configuration in the place of the first.
    pub(crate) fn configure(&self, configuration: &str) {
        let file = self.directory.path().join("opendialogue.toml");
        std::fs::write(file, configuration).unwrap();
    }

    /// Sets a variable over what it was.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs the program with these words and nothing on standard input.
    pub(crate) fn run(&self, words: &str) -> Ran {
        self.run_with(words, b"")
    }

    /// Runs the program with these words and `input` on standard input.
    pub(crate) fn run_with(&self, words: &str, input: &[u8]) -> Ran {
        let mut child = self.command(words).spawn().unwrap();
        // A program that reads nothing may be gone before it is written to.
        let _ = child.stdin.take().unwrap().write_all(input);
        Ran::of(child)
    }

    /// Runs the program with these words and nobody who reads what it prints.
    pub(crate) fn run_closed(&self, words: &str) -> Ran {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Ran::of(self.command(words).stdout(writer).spawn().unwrap())
    }

    /// Runs the program with these words until it finds a daemon. The lock file is the only sign
    /// that a daemon gives whose output nobody reads.
    pub(crate) fn run_until_found(&self, words: &str) -> Ran {
        let mut tries = std::iter::repeat_with(|| self.run(words)).take(2_000);
        tries.find(|ran| ran.code != 3).unwrap()
    }

    /// Runs a line as a person who pastes it does, from another folder.
    pub(crate) fn run_in_shell(&self, line: &str) -> Ran {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", line]).current_dir("/").env_clear();
        let piped = shell
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ran::of(piped.spawn().unwrap())
    }

    /// Runs a line at a shell in the home, with the home's environment.
    pub(crate) fn type_in(&self, line: &str) -> Ran {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", line]).current_dir(self.directory.path());
        Ran::of(self.furnish(&mut shell).spawn().unwrap())
    }

    /// The names of what lies in the home, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The daemon's token.
    pub(crate) fn token(&self) -> String {
        let path: PathBuf = self.directory.path().join("opendialogue/token");
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opendialogue"));
        self.furnish(command.args(words.split_whitespace()));
        command
    }

    fn furnish<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn of(child: Child) -> Self {
        let output = child.wait_with_output().unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// A role that runs; it is killed where a test fails before it ends it.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Daemon {
    /// Starts `daemon` and waits until it says that it is up.
    pub(crate) fn start(home: &Home) -> Self {
        let mut daemon = Self::role(home, "daemon");
        let line = daemon.line();
        assert!(
            line.starts_with("agent 10000001, local HTTP on http://127.0.0.1:"),
            "{line}"
        );
        daemon
    }

    /// Starts `daemon` with nobody who reads what it prints.
    pub(crate) fn start_unread(home: &Home) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.command("daemon");
        let child = command
            .stdout(writer)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            stdout: None,
        }
    }

    /// Starts `daemon` and waits until it says that it is up; its log goes into `log`.
    pub(crate) fn start_logging(home: &Home, log: std::fs::File) -> Self {
        let mut daemon = Self::role_with(home, "daemon", log.into());
        daemon.line();
        daemon
    }

    /// Starts a role.
    pub(crate) fn role(home: &Home, words: &str) -> Self {
        Self::role_with(home, words, Stdio::null())
    }

    /// Starts a role; its log goes into `log`.
    pub(crate) fn role_logging(home: &Home, words: &str, log: std::fs::File) -> Self {
        Self::role_with(home, words, log.into())
    }

    fn role_with(home: &Home, words: &str, stderr: Stdio) -> Self {
        let mut child = home.command(words).stderr(stderr).spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    /// What it prints up to the line with `word`.
    pub(crate) fn lines_until(&mut self, word: &str) -> String {
        let mut lines = String::new();
        while !lines.contains(word) {
            let line = self.line();
            assert!(!line.is_empty(), "it ended before `{word}`: {lines}");
            lines.push_str(&line);
        }
        lines
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and tells its exit code.
    pub(crate) fn end(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // After `end` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
