//! Floor 3: the daemon beside an agent. Rooms with one-way doors, joined in `run`.
//!
//! ```text
//! inbound    link ──Received──▶ inbound(verify ─Verified─▶ chain) ──Judged──▶ inbox ──Admitted──▶ agent ──▶ hook
//! outbound   api  ──Draft─────▶ outbound(chain) ─────────Judged─────────────▶ outbox ──Admitted──▶ link(sign) ──▶ relay
//! ```
//!
//! `lane` is where both directions are judged, one message at a time, in the transaction of the
//! message's row; what it holds goes back there by `held`, and what was given up, by `dead`, to where
//! it waited. `handle` is what the local API holds on to.

mod agent;
mod api;
mod backoff;
mod called;
mod dead;
mod dialogue;
mod handle;
mod held;
mod identity;
mod inbound;
mod keeping;
mod lane;
mod link;
mod load;
mod meter;
mod metrics;
mod outbound;
mod policies;
mod random;
mod relay_client;
mod remarks;
mod room;
mod rows;
mod run;
mod schema;
mod stories;
mod story;
mod trial;
mod trust;
pub mod view;

#[cfg(feature = "fuzz")]
pub use agent::fuzz;

pub use agent::{GatewayHealth, GatewayTrouble, HookAnswer, NoClient, gateway_health, try_hook};
pub use api::BindError;
pub use handle::{Daemon, EndRefusal};
pub use held::Release;
pub use identity::IdentityError;
pub use relay_client::{RelayAnswer, RelayCall, RelayCallError, RelayHealth, relay_health};
pub use run::{Running, Settings, StartError, start};
