//! A home with all that a daemon needs, in which a test breaks one thing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::commands::process::{Daemon, Home};
use crate::support::dead;
use crate::support::gateway::Gateway;

/// A home, and the gateway that its `openclaw.json` is of.
pub(crate) struct Setup {
    pub(crate) home: Home,
    pub(crate) gateway: Gateway,
}

impl Setup {
    /// Everything as the setup guide has it, with the relay at `relay_url`.
    pub(crate) async fn new(relay_url: &str) -> Self {
        let gateway = Gateway::start().await;
        let home = Home::new("")
            .with("OPENDIALOGUE_AGENT_ID", "")
            .with("OPENDIALOGUE_AGENT_SECRET", "")
            .with("OPENDIALOGUE_SERVER_URL", relay_url)
            .with("OPENDIALOGUE_GATEWAY_BASE_URL", &gateway.base_url());
        let setup = Self { home, gateway };
        for folder in [".openclaw/skills/opendialogue", ".config/systemd/user"] {
            fs::create_dir_all(setup.home.path().join(folder)).unwrap();
        }
        let skill = concat!(env!("CARGO_MANIFEST_DIR"), "/SKILL.md");
        let skill = fs::read_to_string(skill).unwrap();
        setup.put(".openclaw/skills/opendialogue/SKILL.md", &skill, 0o644);
        let openclaw = setup.gateway.openclaw_json();
        setup.put(".openclaw/openclaw.json", &openclaw, 0o600);
        let unit = format!("[Service]\nEnvironment=PATH={}\n", program().display());
        setup.put(
            ".config/systemd/user/openclaw-gateway.service",
            &unit,
            0o644,
        );
        setup
    }

    /// The same with an identity, so that no relay is asked for one.
    pub(crate) fn being(mut self, id: &str, secret: &str) -> Self {
        let home = self.home.with("OPENDIALOGUE_AGENT_ID", id);
        self.home = home.with("OPENDIALOGUE_AGENT_SECRET", secret);
        self
    }

    /// The same with its local HTTP on this port.
    pub(crate) fn at_port(mut self, port: u16) -> Self {
        self.home = self
            .home
            .with("OPENDIALOGUE_STATUS_PORT", &port.to_string());
        self
    }

    /// Makes a folder of the home with these rights.
    pub(crate) fn make_folder(&self, name: &str, mode: u32) {
        let path = self.home.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Writes a file of the home with these rights.
    pub(crate) fn put(&self, name: &str, text: &str, mode: u32) {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Starts the daemon and waits until it says that it is up.
    pub(crate) fn start_daemon(&self) -> Daemon {
        let mut daemon = Daemon::role(&self.home, "daemon");
        let line = daemon.line();
        assert!(line.contains("local HTTP on http://127.0.0.1:"), "{line}");
        daemon
    }

    pub(crate) fn until_connected(&self) {
        self.until(|status| status["connected"] == true && status["gateway_ready"] == true);
    }

    /// Asks for the status until it is as `wanted`; each question is a process.
    pub(crate) fn until(&self, wanted: impl Fn(&Value) -> bool) {
        let asked = std::iter::repeat_with(|| self.home.run("status --json").json());
        let mut asked = asked.take(2_000);
        assert!(
            asked.any(|status| wanted(&status)),
            "it never came to be so"
        );
    }

    /// Has a daemon make the database, and puts a message there that was given up.
    pub(crate) fn with_a_dead_letter(&self) {
        assert_eq!(self.start_daemon().end(), 0);
        dead::give_up(&self.home.path().join("opendialogue"), "10000002", "m-1");
    }

    /// What `doctor` printed, without what differs from machine to machine and run to run.
    pub(crate) fn told(&self, printed: &str) -> String {
        let home = self.home.path().to_str().unwrap();
        let program = program();
        let shown = printed
            .replace(&format!("{}/opendialogue", program.display()), "PROGRAM")
            .replace(home, "HOME")
            .replace(&self.gateway.base_url(), "GATEWAY");
        let mut lines = Vec::new();
        let mut is_passed_over = false;
        for line in shown.lines() {
            // How many people use this machine, and how full its disk is.
            let belongs = line.starts_with("     ");
            is_passed_over = (is_passed_over && belongs) || line.contains(" neighbours ");
            if !is_passed_over {
                lines.push(numbers_hidden(line));
            }
        }
        lines.join("\n")
    }
}

/// The findings of this check.
pub(crate) fn findings<'a>(told: &'a Value, check: &str) -> Vec<&'a Value> {
    let groups = told["groups"].as_array().unwrap().iter();
    groups
        .flat_map(|group| group["findings"].as_array().unwrap())
        .filter(|finding| finding["check"] == check)
        .collect()
}

/// The folder of the program that is tried.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_opendialogue"))
        .parent()
        .unwrap()
}

/// Hides ports, processes, agents and the room on the disk.
fn numbers_hidden(line: &str) -> String {
    let mut shown = line.to_owned();
    for before in ["127.0.0.1:", "process ", "agent ", "os error "] {
        let mut parts = shown.split(before);
        let mut hidden = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.chars().take_while(char::is_ascii_digit).count();
            let number = if digits > 1 { "N" } else { &part[..digits] };
            hidden = format!("{hidden}{before}{number}{}", &part[digits..]);
        }
        shown = hidden;
    }
    match shown.split_once(" are free") {
        Some((_, rest)) => format!("  ok       room        ROOM are free{rest}"),
        None => shown,
    }
}
