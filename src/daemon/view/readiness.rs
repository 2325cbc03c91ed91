//! Of what the daemon shows: whether each part does its work, in a word.

use serde::Serialize;

use super::Status;
use crate::db::Health;
use crate::policy::{Mode, PolicyHealth, PolicyStatus};

/// Whether messages go all the way, and which part keeps them; `GET /readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether every part does its work.
    pub ready: bool,
    /// How the link to the relay is, as in `Status`.
    pub link: &'static str,
    /// `ready`, or `not_ready`.
    pub gateway: &'static str,
    /// `well`, `full` or `damaged`.
    pub disk: &'static str,
    /// `ready`; `outdated` where a change of them is not in force; `failing` where one that counts
    /// fails.
    pub policies: &'static str,
}

impl Readiness {
    /// How the parts are, of a daemon whose database is as `disk` says.
    pub fn of(status: &Status, disk: Health) -> Self {
        let policies = match &status.policies_problem {
            _ if status.policies.iter().any(fails) => "failing",
            Some(_) => "outdated",
            None => "ready",
        };
        Self {
            // Policies that are outdated still judge.
            ready: status.connected
                && status.gateway_ready
                && disk == Health::Well
                && policies != "failing",
            link: status.link,
            gateway: match status.gateway_ready {
                true => "ready",
                false => "not_ready",
            },
            disk: disk.as_str(),
            policies,
        }
    }
}

/// What is only watched keeps nobody's messages.
fn fails(policy: &PolicyStatus) -> bool {
    match policy.mode {
        Mode::Enforce => policy.state == PolicyHealth::Failing,
        Mode::Monitor | Mode::Off => false,
    }
}

#[cfg(test)]
pub(in crate::daemon) mod tests {
    use super::*;
    use crate::types::AgentId;

    #[test]
    fn one_part_that_does_not_work_is_enough_and_is_named() {
        use Health::{Damaged, Full, Well};
        use Mode::{Enforce, Monitor};
        use PolicyHealth::{Failing, Ready};
        let outdated = Some("its file is empty");
        for (link, gateway, disk, policy, problem, words) in [
            (
                "connected",
                true,
                Well,
                (Enforce, Ready),
                None,
                (true, "ready", "well", "ready"),
            ),
            (
                "waiting",
                true,
                Well,
                (Enforce, Ready),
                None,
                (false, "ready", "well", "ready"),
            ),
            (
                "connected",
                false,
                Well,
                (Enforce, Ready),
                None,
                (false, "not_ready", "well", "ready"),
            ),
            (
                "connected",
                true,
                Full,
                (Enforce, Ready),
                None,
                (false, "ready", "full", "ready"),
            ),
            (
                "connected",
                true,
                Damaged,
                (Enforce, Ready),
                None,
                (false, "ready", "damaged", "ready"),
            ),
            (
                "connected",
                true,
                Well,
                (Enforce, Failing),
                outdated,
                (false, "ready", "well", "failing"),
            ),
            (
                "connected",
                true,
                Well,
                (Monitor, Failing),
                None,
                (true, "ready", "well", "ready"),
            ),
            (
                "connected",
                true,
                Well,
                (Enforce, Ready),
                outdated,
                (true, "ready", "well", "outdated"),
            ),
        ] {
            let mut status = status();
            (status.connected, status.link) = (link == "connected", link);
            status.gateway_ready = gateway;
            (status.policies[0].mode, status.policies[0].state) = policy;
            status.policies_problem = problem.map(str::to_owned);
            let readiness = Readiness::of(&status, disk);
            assert_eq!(readiness.link, link);
            let Readiness {
                ready,
                gateway,
                disk,
                policies,
                ..
            } = readiness;
            assert_eq!((ready, gateway, disk, policies), words);
        }
    }

    /// A daemon that does its work.
    pub(in crate::daemon) fn status() -> Status {
        Status {
            connected: true,
            server_url: "wss://relay.example/connect".to_owned(),
            agent_id: AgentId::new("1").unwrap(),
            queue_size: 0,
            gateway_ready: true,
            uptime_seconds: 0,
            max_turns_per_conversation: 20,
            last_error: None,
            version: "0.1.0",
            inbox: 0,
            outbox: 0,
            held: 0,
            dead: 0,
            policies: vec![PolicyStatus {
                name: "acl".to_owned(),
                version: None,
                digest: None,
                mode: Mode::Enforce,
                state: PolicyHealth::Ready,
                error: None,
            }],
            policies_problem: None,
            policy_cache_problem: None,
            waiting_for_restart: Vec::new(),
            link: "connected",
            relay_authenticates: None,
            clock_offset_ms: 0,
            gateway_problem: None,
            gateway_trouble: None,
            relay_proof_lost: false,
            notify_problem: None,
            inbox_problem: None,
            disk: Health::Well.as_str(),
            database_problem: None,
        }
    }
}
