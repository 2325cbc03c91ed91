//! The handle's part for whoever watches: how everything is, and what was counted.

use super::Daemon;
use super::problems::{database_problem, inbox_problem};
use crate::daemon::link::LinkState;
use crate::daemon::view::{History, Status};
use crate::daemon::{metrics, stories};
use crate::db::{DbError, Health};
use crate::policy::watch as policy_watch;

impl Daemon {
    /// How everything is.
    pub async fn status(&self) -> Result<Status, DbError> {
        let parts = &self.0;
        let counts = match parts.db.read(stories::counts).await {
            // Nobody can count what is in it; what is wrong is said below.
            Err(why) if why.is_damage() => stories::Counts::default(),
            counted => counted?,
        };
        let database_problem = database_problem(parts.db.health(), parts.db.path());
        let link = parts.link.borrow().clone();
        let gateway = parts.gateway.borrow().clone();
        let standing = parts.policies.standing();
        let policies_problem = policy_watch::told(&standing.faults);
        Ok(Status {
            connected: link.state == LinkState::Connected,
            server_url: parts.relay.to_string(),
            agent_id: parts.me.clone(),
            queue_size: counts.inbox.messages + counts.outbox,
            gateway_ready: gateway.ready && parts.db.health() != Health::Damaged,
            uptime_seconds: parts.started.elapsed().as_secs(),
            max_turns_per_conversation: self.max_turns().get(),
            last_error: database_problem
                .clone()
                .or(link.detail)
                .or_else(|| gateway.problem.clone())
                .or_else(|| policies_problem.clone())
                .or_else(|| parts.state.borrow().problem.clone()),
            version: env!("CARGO_PKG_VERSION"),
            inbox: counts.inbox.messages,
            outbox: counts.outbox,
            held: counts.held,
            dead: counts.dead,
            policies: parts.policies.status(),
            policies_problem,
            policy_cache_problem: parts.policies.cache_note(),
            waiting_for_restart: standing.waiting_for_restart,
            link: link.state.as_str(),
            relay_authenticates: link.authenticates,
            clock_offset_ms: parts.offset.as_millis(),
            inbox_problem: inbox_problem(counts.inbox, parts.lane.room().inbox, &gateway),
            gateway_problem: gateway.problem,
            gateway_trouble: gateway.trouble,
            relay_proof_lost: link.state == LinkState::Unproven,
            notify_problem: parts.notices.borrow().clone(),
            disk: parts.db.health().as_str(),
            database_problem,
        })
    }

    /// How the disk takes what is written.
    pub fn disk(&self) -> Health {
        self.0.db.health()
    }

    /// What was counted in the last hour.
    pub fn history(&self) -> History {
        let (meter, now) = (self.0.events.meter(), self.0.clock.now());
        History::of(&meter.last_hour(now), &meter.totals())
    }

    /// What was counted since the start and how everything is, for Prometheus.
    pub async fn metrics(&self) -> Result<String, DbError> {
        let status = self.status().await?;
        let totals = self.0.events.meter().totals();
        Ok(metrics::text(&status, self.disk(), &totals))
    }
}
