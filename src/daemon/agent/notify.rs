//! Tells a person, by a channel of OpenClaw's, that something waits for them: what is held, strangers
//! who ask to talk, what was given up, a delivery that has paused. Never what a message says, and
//! nothing that a peer chose.
//!
//! `notices` decides when and what, purely; `tell` runs `openclaw message send`. This is the task
//! around them. It is no way to the agent: only a person hears it.

mod notices;
mod tell;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::config::Notify;
use crate::config::state_file::StateFile;
use crate::daemon::handle::GatewayStatus;
use crate::daemon::inbound::inbox::RowState;
use crate::daemon::stories;
use crate::daemon::story::{self, Events};
use crate::db::Database;
use crate::follow::Followed;
use crate::tasks::Tasks;
use crate::types::AgentId;

use notices::{Notice, Notices};
use tell::Address;

/// The longest sleep: the day's clock may be set, or the machine have slept meanwhile.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What notices are made from.
#[derive(Debug)]
pub(in crate::daemon) struct Notifier {
    pub(in crate::daemon) me: AgentId,
    pub(in crate::daemon) terms: Notify,
    pub(in crate::daemon) db: Database,
    pub(in crate::daemon) events: Events,
    pub(in crate::daemon) gateway: watch::Receiver<GatewayStatus>,
    pub(in crate::daemon) state: watch::Receiver<Followed<Option<StateFile>>>,
    pub(in crate::daemon) clock: Clock,
}

impl Notifier {
    /// Starts telling, where that is wanted. What comes back says why nobody can be told.
    pub(in crate::daemon) fn start(self, tasks: &Tasks) -> watch::Receiver<Option<String>> {
        let (problem, told) = watch::channel(None);
        if self.terms.enabled {
            let stop = tasks.stopping().clone();
            tasks.spawn("notices", async move {
                stop.run_until_cancelled(self.run(problem)).await;
            });
        }
        told
    }

    async fn run(mut self, problem: watch::Sender<Option<String>>) {
        let mut notices = Notices::begin(self.terms.every, self.clock.now());
        let mut events = self.events.listen();
        self.look_for_address(&problem);
        let waiting = [RowState::Held.as_str(), RowState::Dead.as_str()];
        loop {
            let is_paused = self.gateway.borrow_and_update().problem.is_some();
            notices.delivery(is_paused, self.clock.now());
            let rest = match notices.wait(self.clock.now()) {
                Some(Duration::ZERO) => {
                    self.look(&mut notices, &problem).await;
                    continue;
                }
                Some(rest) => rest.min(LONGEST_REST),
                None => LONGEST_REST,
            };
            tokio::select! {
                () = story::until_one_is(&waiting, &mut events) => notices.stir(self.clock.now()),
                Ok(()) = self.gateway.changed() => {}
                Ok(()) = self.state.changed() => self.look_for_address(&problem),
                () = sleep(rest) => {}
            }
        }
    }

    /// Looks what waits, and tells it where that is due.
    async fn look(&self, notices: &mut Notices, problem: &watch::Sender<Option<String>>) {
        let waiting = match self.db.read(stories::waiting_for_a_person).await {
            Ok(waiting) => waiting,
            Err(why) => {
                warn!("what waits for a person cannot be looked at: {why}");
                return notices.failed(self.clock.now());
            }
        };
        let Some(notice) = notices.decide(self.clock.now(), waiting) else {
            return;
        };
        match self.tell(&notice).await {
            Ok(()) => {
                info!("a person was told what waits: {notice}");
                notices.told(self.clock.now(), &notice);
                problem.send_replace(None);
            }
            Err(why) => {
                warn!("nobody was told what waits: {why}");
                notices.failed(self.clock.now());
                problem.send_replace(Some(why));
            }
        }
    }

    async fn tell(&self, notice: &Notice) -> Result<(), String> {
        let address = self.address()?;
        let text = notice.text(&self.me);
        let told = tell::tell(&address, &text).await;
        told.map_err(|error| error.to_string())
    }

    fn look_for_address(&self, problem: &watch::Sender<Option<String>>) {
        problem.send_replace(self.address().err());
    }

    fn address(&self) -> Result<Address, String> {
        let state = self.state.borrow().good.clone();
        let (channel, target) = match state.as_deref() {
            Some(Some(state)) => (&state.notify_channel, &state.notify_target),
            Some(None) | None => (&None, &None),
        };
        Address::new(channel.as_deref(), target.as_deref()).map_err(|error| error.to_string())
    }
}
