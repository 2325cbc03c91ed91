//! Does what the plan says, each mishap at its time, and counts what was done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::Trouble;
use super::agent::Agent;
use super::plan::{Lack, Mishap, Planned, Side, Weather, Who};
use super::role::Role;

/// The relay and the agents around it.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) relay: Arc<Role>,
    pub(crate) ada: Arc<Agent>,
    pub(crate) ben: Arc<Agent>,
}

/// How often each kind of mishap happened.
pub(crate) type Done = BTreeMap<&'static str, u64>;

impl House {
    /// Has all of `plan` happen.
    pub(crate) async fn suffer(self: &Arc<Self>, plan: Vec<Planned>) -> Done {
        let begun = Instant::now();
        let mut under_way = JoinSet::new();
        let mut done = Done::new();
        for planned in plan {
            sleep_until(begun + planned.at).await;
            *done.entry(self.kind(planned.mishap)).or_default() += 1;
            let house = Arc::clone(self);
            under_way.spawn(async move {
                if let Err(why) = house.happen(planned.mishap, planned.lasts).await {
                    println!("{planned:?} did not happen: {why}");
                }
            });
        }
        while under_way.join_next().await.is_some() {}
        done
    }

    async fn happen(&self, mishap: Mishap, lasts: Duration) -> Result<(), Trouble> {
        match mishap {
            Mishap::Kill(who) => self.role(who).kill(lasts).await,
            Mishap::Gateway(side) => {
                let mut gateway = self.agent(side).gateway.lock().await;
                gateway.stop().await;
                sleep(lasts).await;
                gateway.start_again().await;
                Ok(())
            }
            Mishap::Link(side, weather) => {
                let wire = &self.agent(side).wire;
                wire.turn(weather);
                sleep(lasts).await;
                wire.turn(Weather::Clear);
                Ok(())
            }
            Mishap::Disk(who, lack) => {
                let role = self.role(who);
                role.lack(possible(role, lack), lasts).await
            }
        }
    }

    fn kind(&self, mishap: Mishap) -> &'static str {
        match mishap {
            Mishap::Kill(Who::Relay) => "relay killed",
            Mishap::Kill(Who::Ada | Who::Ben) => "daemons killed",
            Mishap::Gateway(_) => "gateways restarted",
            Mishap::Link(_, Weather::Down) => "links cut",
            Mishap::Link(_, Weather::Silent) => "links silent",
            Mishap::Link(_, Weather::Slow { .. } | Weather::Clear) => "links slow",
            Mishap::Disk(who, lack) => match possible(self.role(who), lack) {
                Lack::Room => "disks full",
                Lack::Size => "disks that fail (size of a file limited)",
            },
        }
    }

    fn role(&self, who: Who) -> &Role {
        match who {
            Who::Relay => &self.relay,
            Who::Ada => &self.ada.role,
            Who::Ben => &self.ben.role,
        }
    }

    fn agent(&self, side: Side) -> &Agent {
        match side {
            Side::Ada => &self.ada,
            Side::Ben => &self.ben,
        }
    }
}

/// Where no small file system may be mounted the size of a file has to do.
fn possible(role: &Role, lack: Lack) -> Lack {
    match role.can_be_full() {
        true => lack,
        false => Lack::Size,
    }
}
