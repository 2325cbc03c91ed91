//! The daemon of this home: whether one runs, and whose its port is.

use std::net::SocketAddr;

use serde::Deserialize;

use super::finding::Finding;
use crate::daemon::GatewayTrouble;

/// What a running daemon says of itself; `GET /status`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Status {
    pub(super) version: String,
    pub(super) server_url: String,
    pub(super) link: Link,
    pub(super) relay_authenticates: Option<bool>,
    #[serde(default)]
    pub(super) relay_proof_lost: bool,
    pub(super) gateway_ready: bool,
    pub(super) gateway_problem: Option<String>,
    #[serde(default)]
    pub(super) gateway_trouble: Option<GatewayTrouble>,
    pub(super) inbox_problem: Option<String>,
    pub(super) notify_problem: Option<String>,
    pub(super) disk: Disk,
    pub(super) database_problem: Option<String>,
    pub(super) inbox: u64,
    pub(super) held: u64,
    pub(super) dead: u64,
    pub(super) policies: Vec<Policy>,
    pub(super) policies_problem: Option<String>,
    pub(super) policy_cache_problem: Option<String>,
    pub(super) waiting_for_restart: Vec<String>,
    pub(super) last_error: Option<String>,
}

/// How its link to the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Link {
    Connecting,
    Connected,
    Waiting,
    Refused,
    Replaced,
    Stopped,
}

/// Whether its database takes writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Disk {
    Well,
    Full,
    Damaged,
}

/// A policy of the chain in force.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) state: PolicyState,
    pub(super) error: Option<String>,
}

/// Whether a policy judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PolicyState {
    Ready,
    Failing,
    Off,
}

/// Who holds the lock of the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder {
    /// Nobody, and the last who did ended in order.
    Nobody,
    /// Nobody: the last who did was killed.
    Gone { pid: u32 },
    /// A process that has not said where it listens.
    Starting { pid: u32 },
    /// A process that answers.
    Answers { pid: u32, version: String },
    /// A process that does not.
    Silent { pid: u32, why: String },
}

/// Whether the daemon runs.
pub(super) fn runs(holder: &Holder) -> Finding {
    let check = "daemon";
    match holder {
        Holder::Nobody => Finding::warning(
            check,
            "no daemon runs, so nothing comes in and nothing goes out",
            "opendialogue daemon",
        ),
        Holder::Gone { pid } => Finding::warning(
            check,
            format!(
                "the last daemon, process {pid}, was killed or lost its power; nothing that was \
                 acknowledged is lost, and the next start takes its lock"
            ),
            "opendialogue daemon",
        ),
        Holder::Starting { pid } => Finding::warning(
            check,
            format!("process {pid} is still starting or already stopping: look again"),
            "opendialogue doctor",
        ),
        Holder::Answers { pid, version } if version != env!("CARGO_PKG_VERSION") => {
            let says = format!(
                "process {pid} is of version {version} and this program of {}: stop it, and start \
                 it again",
                env!("CARGO_PKG_VERSION")
            );
            Finding::warning(check, says, format!("kill {pid}"))
        }
        Holder::Answers { pid, version } => {
            Finding::ok(check, format!("process {pid} runs, version {version}"))
        }
        Holder::Silent { pid, why } => Finding::problem(
            check,
            format!("process {pid} holds the lock of this home and cannot be asked: {why}"),
            format!("kill {pid}"),
        ),
    }
}

/// Whose the port of the local HTTP is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Port {
    /// Our daemon's.
    Ours,
    /// Nobody's.
    Free,
    /// A daemon's of another home.
    OtherDaemon,
    /// Another program's.
    OtherProgram,
    /// Not to be had, for the system's reason.
    Refused(String),
}

/// Whether the daemon has its port, or could have it.
pub(super) fn port(address: SocketAddr, port: &Port) -> Finding {
    let check = "port";
    let elsewhere = || {
        let next = match address.port().checked_add(10) {
            Some(next) => next,
            None => address.port() - 10,
        };
        format!("OPENDIALOGUE_STATUS_PORT={next} opendialogue daemon")
    };
    match port {
        Port::Ours => Finding::ok(check, format!("the daemon listens on {address}")),
        Port::Free => Finding::ok(check, format!("{address} is free")),
        Port::OtherDaemon => Finding::problem(
            check,
            format!("a daemon of another home listens on {address}: name another port here"),
            elsewhere(),
        ),
        Port::OtherProgram => Finding::problem(
            check,
            format!("another program listens on {address}: name another port here"),
            elsewhere(),
        ),
        Port::Refused(why) => Finding::problem(
            check,
            format!("{address} is not to be had ({why}): name another port here"),
            elsewhere(),
        ),
    }
}

/// The keys of the configuration that were changed and are not in force.
pub(super) fn restart(status: &Status) -> Option<Finding> {
    let keys = &status.waiting_for_restart;
    (!keys.is_empty()).then(|| {
        let says = format!(
            "{} changed and take effect at a restart of the daemon",
            keys.join(", ")
        );
        Finding::warning("restart", says, "opendialogue config show --origin")
    })
}

/// Why no person is told what waits, where that is wanted.
pub(super) fn notices(status: &Status) -> Option<Finding> {
    let problem = status.notify_problem.as_deref()?;
    Some(Finding::warning(
        "notices",
        format!("nobody is told what waits: {problem}"),
        "opendialogue config show --origin",
    ))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::super::finding::Level;
    use super::*;

    /// A status in which nothing is wrong, but for `changed`.
    pub(in crate::cli::doctor) fn status(changed: Value) -> Status {
        let mut status = json!({
            "version": env!("CARGO_PKG_VERSION"), "server_url": "wss://relay.example/connect",
            "link": "connected", "relay_authenticates": true, "gateway_ready": true,
            "gateway_problem": null, "inbox_problem": null, "disk": "well", "database_problem": null,
            "notify_problem": null, "inbox": 0, "held": 0, "dead": 0, "policies": [{ "name": "acl", "state": "ready" }],
            "policies_problem": null, "policy_cache_problem": null, "waiting_for_restart": [],
            "last_error": null,
        });
        for (name, value) in changed.as_object().cloned().unwrap_or_default() {
            status[name] = value;
        }
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn a_daemon_runs_or_the_command_that_makes_it_is_named() {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let (old, why) = ("0.0.9".to_owned(), "nothing answers".to_owned());
        for (holder, level, command) in [
            (Holder::Nobody, Level::Warning, Some("opendialogue daemon")),
            (
                Holder::Gone { pid: 7 },
                Level::Warning,
                Some("opendialogue daemon"),
            ),
            (
                Holder::Starting { pid: 7 },
                Level::Warning,
                Some("opendialogue doctor"),
            ),
            (Holder::Answers { pid: 7, version }, Level::Ok, None),
            (
                Holder::Answers {
                    pid: 7,
                    version: old,
                },
                Level::Warning,
                Some("kill 7"),
            ),
            (
                Holder::Silent { pid: 7, why },
                Level::Problem,
                Some("kill 7"),
            ),
        ] {
            let finding = runs(&holder);
            assert_eq!(finding.level, level, "{holder:?}");
            assert_eq!(finding.command.as_deref(), command, "{holder:?}");
        }
    }

    #[test]
    fn a_port_that_is_anothers_is_told_with_one_that_may_be_free() {
        let address = SocketAddr::from(([127, 0, 0, 1], 18787));
        for (whose, says, wrong) in [
            (Port::Ours, "the daemon listens on", false),
            (Port::Free, "is free", false),
            (Port::OtherDaemon, "a daemon of another home", true),
            (Port::OtherProgram, "another program", true),
            (Port::Refused("denied".to_owned()), "(denied)", true),
        ] {
            let finding = port(address, &whose);
            assert!(finding.says.contains(says), "{finding:?}");
            let command = "OPENDIALOGUE_STATUS_PORT=18797 opendialogue daemon";
            assert_eq!(finding.command.as_deref(), wrong.then_some(command));
        }
        let last = SocketAddr::from(([127, 0, 0, 1], u16::MAX));
        let command = port(last, &Port::OtherProgram).command.unwrap();
        assert!(command.contains("65525"), "{command}");
    }

    #[test]
    fn that_no_person_can_be_told_is_a_warning() {
        assert_eq!(notices(&status(json!({}))), None);
        let silent = status(json!({ "notify_problem": "no target is set" }));
        let finding = notices(&silent).unwrap();
        assert_eq!(finding.says, "nobody is told what waits: no target is set");
        assert_eq!(finding.level, Level::Warning);
    }

    #[test]
    fn keys_that_wait_for_a_restart_are_named() {
        assert_eq!(restart(&status(json!({}))), None);
        let waiting = status(json!({ "waiting_for_restart": ["relay.url", "local.listen"] }));
        let finding = restart(&waiting).unwrap();
        assert!(finding.says.starts_with("relay.url, local.listen changed"));
        assert_eq!(finding.level, Level::Warning);
    }
}
