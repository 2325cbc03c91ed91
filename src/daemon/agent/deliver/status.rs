//! Whether messages can be delivered now, for `status`: told when it changes.

use tokio::sync::watch;
use tracing::{info, warn};

use crate::daemon::agent::gateway::Health;
use crate::daemon::agent::lanes::Closed;
use crate::daemon::agent::trouble::GatewayTrouble;
use crate::daemon::handle::GatewayStatus;
use crate::daemon::story::Events;
use crate::daemon::view::Event;

/// Puts together what is known from requests and from asking.
#[derive(Debug)]
pub(super) struct Teller {
    told: watch::Sender<GatewayStatus>,
    events: Events,
    health: Option<Health>,
    closed: Option<Closed>,
}

pub(super) fn channel(events: Events) -> (Teller, watch::Receiver<GatewayStatus>) {
    let (told, newest) = watch::channel(GatewayStatus::default());
    let teller = Teller {
        told,
        events,
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
            (Some(closed), _) => not_ready(closed.trouble, &closed.why),
            (None, Some(Health::Not { trouble, why })) => not_ready(*trouble, why),
            (None, Some(Health::Live)) => GatewayStatus {
                ready: true,
                problem: None,
                trouble: None,
            },
            (None, None) => GatewayStatus::default(),
        };
        let is_new = self.told.send_if_modified(|newest| {
            let is_new = *newest != status;
            newest.clone_from(&status);
            is_new
        });
        if is_new {
            self.events.tell(Event::Gateway {
                ready: status.ready,
                detail: status.problem,
            });
        }
    }
}

fn not_ready(trouble: GatewayTrouble, why: &str) -> GatewayStatus {
    GatewayStatus {
        ready: false,
        problem: Some(why.to_owned()),
        trouble: Some(trouble),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once() {
        let events = Events::new();
        let mut heard = events.listen();
        let (mut teller, status) = channel(events);
        let away = || Health::Not {
            trouble: GatewayTrouble::Away,
            why: "it is away".to_owned(),
        };
        for health in [Health::Live, Health::Live, away(), away(), Health::Live] {
            teller.health(health);
        }
        assert!(status.borrow().ready && status.borrow().trouble.is_none());
        let told = std::iter::from_fn(|| heard.try_recv().ok());
        let told: Vec<_> = told
            .map(|event| serde_json::to_value(event).unwrap())
            .map(|event| (event["ready"].clone(), event["detail"].clone()))
            .collect();
        let ready = (true.into(), serde_json::Value::Null);
        let away = (false.into(), "it is away".into());
        assert_eq!(told, [ready.clone(), away, ready]);
    }
}
