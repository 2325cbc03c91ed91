//! Whether messages can be delivered now, for `status`: told when it changes.

use tokio::sync::watch;
use tracing::{info, warn};

use crate::daemon::agent::gateway::Health;
use crate::daemon::agent::lanes::Closed;
use crate::daemon::handle::GatewayStatus;

/// Puts together what is known from requests and from asking.
#[derive(Debug)]
pub(super) struct Teller {
    told: watch::Sender<GatewayStatus>,
    health: Option<Health>,
    closed: Option<Closed>,
}

pub(super) fn channel() -> (Teller, watch::Receiver<GatewayStatus>) {
    let (told, newest) = watch::channel(GatewayStatus::default());
    let teller = Teller {
        told,
        health: None,
        closed: None,
    };
    (teller, newest)
}

impl Teller {
    pub(super) fn health(&mut self, health: Health) {
        self.health = Some(health);
        self.tell();
    }

    pub(super) fn gate(&mut self, closed: Option<&Closed>) {
        if self.closed.as_ref() == closed {
            return;
        }
        match closed {
            Some(closed) => warn!("delivery pauses: {}", closed.why),
            None => info!("delivery goes on"),
        }
        self.closed = closed.cloned();
        self.tell();
    }

    fn tell(&self) {
        // What requests met says more than what the gateway says of itself.
        let status = match (&self.closed, &self.health) {
            (Some(closed), _) => not_ready(&closed.why),
            (None, Some(Health::Not(why))) => not_ready(why),
            (None, Some(Health::Live)) => GatewayStatus {
                ready: true,
                problem: None,
            },
            (None, None) => GatewayStatus::default(),
        };
        self.told.send_if_modified(|newest| {
            let is_new = *newest != status;
            *newest = status;
            is_new
        });
    }
}

fn not_ready(why: &str) -> GatewayStatus {
    GatewayStatus {
        ready: false,
        problem: Some(why.to_owned()),
    }
}
