//! `opendialogue status`: how the daemon is, at a glance.

use std::io::{self, IsTerminal};
use std::time::Duration;

use serde::Deserialize;

use super::client::view;
use super::failure::Failure;
use super::{Context, print, safe, time};
use crate::daemon::GatewayTrouble;

/// Show how the daemon is
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let answer = client.get("/status").await?;
        if self.json {
            return print::json(&answer);
        }
        let status = view::<Status>(&answer)?.shown();
        // The link holds the token: it is for eyes, never for a log, a pipe or a transcript.
        match io::stdout().is_terminal() {
            true => print::line(format!("{status}\n  page      {}", client.page())),
            false => print::line(status),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Status {
    agent_id: String,
    version: String,
    uptime_seconds: u64,
    link: String,
    server_url: String,
    relay_authenticates: Option<bool>,
    clock_offset_ms: i64,
    gateway_ready: bool,
    gateway_problem: Option<String>,
    #[serde(default)]
    gateway_trouble: Option<GatewayTrouble>,
    #[serde(default)]
    notify_problem: Option<String>,
    #[serde(default)]
    inbox_problem: Option<String>,
    #[serde(default)]
    database_problem: Option<String>,
    inbox: u64,
    outbox: u64,
    held: u64,
    dead: u64,
    max_turns_per_conversation: u64,
    policies: Vec<Policy>,
    policies_problem: Option<String>,
    policy_cache_problem: Option<String>,
    waiting_for_restart: Vec<String>,
    last_error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Policy {
    name: String,
    version: Option<String>,
    mode: String,
    state: String,
    error: Option<String>,
}

/// A difference between the clocks that is worth a line: everything signed is corrected by it.
const CLOCK_SKEW: Duration = Duration::from_secs(2);

impl Status {
    pub(super) fn shown(&self) -> String {
        let up = time::span(Duration::from_secs(self.uptime_seconds));
        let mut shown = vec![
            format!(
                "agent {}, version {}, up {up}",
                safe::line(&self.agent_id),
                safe::line(&self.version)
            ),
            format!(
                "  relay     {} ({})",
                safe::line(&self.link),
                safe::line(&self.server_url)
            ),
        ];
        if self.relay_authenticates == Some(false) {
            let note = "this relay does not prove who sends, so nobody counts as known";
            shown.push(format!("            {note}"));
        }
        if self.clock_offset_ms.unsigned_abs() >= CLOCK_SKEW.as_millis() as u64 {
            shown.push(format!("  clock     {}", self.clock()));
        }
        if let Some(problem) = &self.database_problem {
            shown.push(format!("  database  {}", safe::line(problem)));
        }
        shown.push(format!("  gateway   {}", self.gateway()));
        shown.push(format!(
            "  messages  {} in, {} out, {} held, {} dead; at most {} turns a conversation",
            self.inbox, self.outbox, self.held, self.dead, self.max_turns_per_conversation
        ));
        if let Some(problem) = &self.inbox_problem {
            shown.push(format!("            {}", safe::line(problem)));
        }
        if let Some(problem) = &self.notify_problem {
            let problem = safe::line(problem);
            shown.push(format!("  notices   nobody is told what waits: {problem}"));
        }
        let titles = std::iter::once("policies").chain(std::iter::repeat(""));
        let policies = titles.zip(&self.policies);
        shown.extend(policies.map(|(title, policy)| format!("  {title:<9} {}", policy.shown())));
        // A policy that has it says so itself.
        let is_told = |problem: &str| {
            let mut errors = self.policies.iter().filter_map(|one| one.error.as_deref());
            errors.any(|error| error.ends_with(problem))
        };
        if let Some(problem) = &self.policies_problem
            && !is_told(problem)
        {
            let problem = safe::line(problem);
            shown.push(format!(
                "            what is wanted is not in force: {problem}"
            ));
        }
        if let Some(problem) = &self.policy_cache_problem {
            shown.push(format!("            {}", safe::line(problem)));
        }
        if !self.waiting_for_restart.is_empty() {
            let keys: Vec<String> = self
                .waiting_for_restart
                .iter()
                .map(|key| safe::line(key))
                .collect();
            shown.push(format!("  restart   wanted for {}", keys.join(", ")));
        }
        // These stand where they belong already.
        let told = [
            &self.database_problem,
            &self.gateway_problem,
            &self.policies_problem,
        ];
        if let Some(error) = &self.last_error
            && !told.contains(&&self.last_error)
        {
            shown.push(format!("  problem   {}", safe::line(error)));
        }
        shown.join("\n")
    }

    fn gateway(&self) -> String {
        match (self.gateway_ready, &self.gateway_problem) {
            (true, _) => "ready".to_owned(),
            _ if self.gateway_trouble == Some(GatewayTrouble::NotWanted) => {
                "off: messages wait in the inbox; `opendialogue up --deliver` hands them on"
                    .to_owned()
            }
            (false, Some(problem)) => format!("not ready: {}", safe::line(problem)),
            (false, None) => "not ready".to_owned(),
        }
    }

    fn clock(&self) -> String {
        let span = time::span(Duration::from_millis(self.clock_offset_ms.unsigned_abs()));
        let way = if self.clock_offset_ms < 0 {
            "ahead of"
        } else {
            "behind"
        };
        format!("{span} {way} the relay's, which is allowed for")
    }
}

impl Policy {
    fn shown(&self) -> String {
        let version = self
            .version
            .as_deref()
            .map(|version| format!(" {}", safe::line(version)));
        let error = self
            .error
            .as_deref()
            .map(|error| format!(": {}", safe::line(error)));
        format!(
            "{}{} {}, {}{}",
            safe::line(&self.name),
            version.unwrap_or_default(),
            safe::line(&self.state),
            safe::line(&self.mode),
            error.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn all_is_well_at_a_glance() {
        insta::assert_snapshot!(shown(fine()));
    }

    #[test]
    fn what_is_wrong_is_seen_at_a_glance() {
        let mut status = fine();
        for (name, value) in [
            ("link", json!("waiting")),
            ("relay_authenticates", json!(false)),
            ("clock_offset_ms", json!(-75_000)),
            ("gateway_ready", json!(false)),
            (
                "gateway_problem",
                json!("the gateway answers 401: the token is wrong"),
            ),
            ("inbox", json!(8_123)),
            (
                "inbox_problem",
                json!("8123 of at most 10000 messages wait and none is delivered"),
            ),
            (
                "database_problem",
                json!("the disk of `daemon.db` is full: nothing is taken in"),
            ),
            ("held", json!(2)),
            (
                "notify_problem",
                json!("`notifyTarget` is not set in the state file"),
            ),
            (
                "policies_problem",
                json!("policy `acl`: its file is empty\u{1b}[2J"),
            ),
            (
                "policy_cache_problem",
                json!("compiled policies are not kept: `cache` is open to other users"),
            ),
            ("waiting_for_restart", json!(["relay.url", "local.listen"])),
            ("last_error", json!("connection refused\u{1b}[2J")),
        ] {
            status[name] = value;
        }
        status["policies"][0]["state"] = json!("failing");
        status["policies"][0]["error"] = json!("it ran out of time");
        insta::assert_snapshot!(shown(status));
    }

    #[test]
    fn what_a_policy_says_of_itself_is_not_said_again() {
        let mut status = fine();
        status["policies_problem"] = json!("line 9: `mode` must be another");
        assert!(shown(status.clone()).contains("what is wanted is not in force: line 9"));
        status["policies"][0]["error"] =
            json!("a change is not in force: line 9: `mode` must be another");
        let shown = shown(status);
        assert_eq!(shown.matches("line 9").count(), 1, "{shown}");
        assert!(shown.contains("a change is not in force"), "{shown}");
    }

    #[test]
    fn a_daemon_that_hands_nothing_on_says_so_and_not_that_something_is_wrong() {
        let mut status = fine();
        status["gateway_ready"] = json!(false);
        let problem = json!("nothing is handed to it: messages wait in the inbox");
        status["gateway_problem"] = problem.clone();
        status["gateway_trouble"] = json!("not_wanted");
        status["last_error"] = problem;
        let shown = shown(status);
        assert!(shown.contains("  gateway   off: messages wait"), "{shown}");
        assert!(
            !shown.contains("not ready") && !shown.contains("problem"),
            "{shown}"
        );
    }

    fn shown(status: Value) -> String {
        view::<Status>(&status).unwrap().shown()
    }

    fn fine() -> Value {
        json!({
            "connected": true, "server_url": "wss://relay.example/connect",
            "agent_id": "10000001", "queue_size": 3, "gateway_ready": true,
            "uptime_seconds": 3_700, "max_turns_per_conversation": 20, "last_error": null,
            "version": "0.1.0", "inbox": 3, "outbox": 0, "held": 0, "dead": 0,
            "policies": [
                { "name": "acl", "version": "0.1.0", "digest": "00", "mode": "enforce", "state": "ready" },
                { "name": "sanitize", "version": "0.1.0", "digest": "01", "mode": "monitor", "state": "ready" },
            ],
            "link": "connected", "relay_authenticates": true, "clock_offset_ms": 40,
            "gateway_problem": null, "inbox_problem": null, "policies_problem": null, "policy_cache_problem": null,
            "waiting_for_restart": [],
        })
    }
}
