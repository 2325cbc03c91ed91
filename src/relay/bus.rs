//! Which node holds an agent, and how live messages get there. Nothing here lasts.
//!
//! In one process the [`Hub`](super::hub::Hub) is the bus. Between nodes a bus carries a parcel as
//! a request whose reply is its settlement; so [`Bus::carry`] never waits, and what it took in is
//! settled through the parcel's origin or goes to the mailbox from there.

use std::fmt;

use async_trait::async_trait;

use super::hub::Notice;
use super::parcel::Parcel;
use crate::types::AgentId;

/// Carries live messages to whoever holds their receiver.
#[async_trait]
pub(super) trait Bus: Send + Sync + fmt::Debug {
    /// Takes a parcel to its receiver's connection. Gives it back where there is none, where mail
    /// that was stored before it is still unwritten, and where the connection has no room.
    fn carry(&self, parcel: Parcel) -> Result<(), Parcel>;

    /// Says that something was stored for an agent, so that its connection drains the mailbox.
    fn wake(&self, agent: &AgentId);

    /// Tells a connected agent something; false where it is not connected.
    async fn tell(&self, agent: &AgentId, notice: Notice) -> bool;

    /// Whether an agent is connected.
    async fn is_online(&self, agent: &AgentId) -> bool;
}
