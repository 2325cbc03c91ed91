//! The way to the agent: one, the gateway's hook.
//!
//! `render` makes the text that the agent reads, `hook` the request and the meaning of its answer,
//! `lanes` decides which messages may go now, `batch` how many go at once; all four are pure. `deliver` is the task around
//! them, `gateway` does its requests. `notify` tells a person, not the agent, what waits. `fenced` gives a
//! model that asks for a message the same text. What the agent says in return comes in by the local API.

mod batch;
mod deliver;
mod fenced;
mod gateway;
mod hook;
mod lanes;
mod notify;
mod probe;
mod render;
mod trouble;

use tokio::sync::watch;

use super::handle::GatewayStatus;
use super::inbound::Inbox;
use super::story::Events;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::openclaw::HookSettings;
use crate::follow;
use crate::tasks::Tasks;
use crate::types::Secret;

pub(super) use fenced::Reader;
pub use gateway::NoClient;
pub(super) use notify::Notifier;
pub use probe::{GatewayHealth, HookAnswer, gateway_health, try_hook};
pub use trouble::GatewayTrouble;

/// What is held true of any input.
#[cfg(feature = "fuzz")]
pub mod fuzz {
    /// Renders what `input` says, and panics where that cannot be read back.
    pub fn render_holds(input: &[u8]) {
        super::render::property::holds(input);
    }
}

/// Starts to hand what waits in `inbox` to the gateway of `config`, by the hook that its
/// `openclaw.json` describes at the time. `secret` is this agent's own: the fence around content
/// is made from it, so it must be one that no peer knows and that outlives the process.
pub(super) async fn start(
    config: &Config,
    inbox: Inbox,
    secret: &Secret,
    clock: Clock,
    events: Events,
    tasks: &Tasks,
) -> Result<watch::Receiver<GatewayStatus>, NoClient> {
    let file = config.paths.openclaw_json().to_owned();
    let hooks = follow::follow(tasks, file, HookSettings::read).await;
    let terms = deliver::Terms::new(config.gateway.clone());
    let fences = render::FenceKey::new(secret);
    deliver::start(tasks, inbox, terms, hooks, fences, clock, events)
}
