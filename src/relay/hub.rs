//! The live connections of this node: one for an agent, of which the newest wins.
//!
//! It owns who is connected. Nobody waits for somebody else's socket here: a parcel is taken by a
//! bounded queue at once or given back, and a connection that does not take in what it is told is
//! closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use async_trait::async_trait;

use super::bus::Bus;
use super::conversation::ConnectionId;
use super::parcel::Parcel;
use crate::types::{AgentId, Timestamp};

mod live;

pub(super) use live::{CloseReason, Live, Notice, Order, Orders};

/// Within this time an agent's connection may be taken over twice; a third time is refused, so
/// that two programs with one identity do not take it from each other for ever.
const TAKEOVER_WINDOW: Duration = Duration::from_secs(60);
const TAKEOVERS_MAX: usize = 2;

/// Who is connected.
#[derive(Debug, Default)]
pub(super) struct Hub {
    seats: RwLock<HashMap<AgentId, Seat>>,
    connections: AtomicU64,
}

#[derive(Debug, Default)]
struct Seat {
    live: Option<Arc<Live>>,
    takeovers: Vec<Timestamp>,
}

/// The agent's connection was taken over too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManyTakeovers;

impl Hub {
    /// A name for a new connection.
    pub(super) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed))
    }

    /// Asks whether a new connection of `agent` may come; one that takes over is counted.
    pub(super) fn reserve(&self, agent: &AgentId, now: Timestamp) -> Result<(), TooManyTakeovers> {
        let mut seats = self.write();
        let Some(seat) = seats.get_mut(agent) else {
            return Ok(());
        };
        if !seat.live.as_ref().is_some_and(|live| live.is_open()) {
            return Ok(());
        }
        seat.takeovers
            .retain(|taken| now.since(*taken) < TAKEOVER_WINDOW);
        if seat.takeovers.len() >= TAKEOVERS_MAX {
            return Err(TooManyTakeovers);
        }
        seat.takeovers.push(now);
        Ok(())
    }

    /// Makes `live` its agent's connection and closes the one before, which is given back.
    pub(super) fn enter(&self, live: Arc<Live>) -> Option<Arc<Live>> {
        let before = {
            let mut seats = self.write();
            let seat = seats.entry(live.resident.id.clone()).or_default();
            seat.live.replace(live)
        };
        if let Some(before) = &before {
            before.close(CloseReason::Replaced);
        }
        before
    }

    /// Takes `live` out, unless another has taken its place.
    pub(super) fn leave(&self, live: &Live) {
        let mut seats = self.write();
        let Some(seat) = seats.get(&live.resident.id) else {
            return;
        };
        if seat
            .live
            .as_ref()
            .is_some_and(|present| present.connection == live.connection)
        {
            seats.remove(&live.resident.id);
        }
    }

    /// An agent's connection.
    pub(super) fn find(&self, agent: &AgentId) -> Option<Arc<Live>> {
        self.read().get(agent)?.live.clone()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<AgentId, Seat>> {
        self.seats.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<AgentId, Seat>> {
        self.seats.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Bus for Hub {
    fn carry(&self, parcel: Parcel) -> Result<(), Parcel> {
        match self.find(parcel.to()) {
            Some(live) => live.offer(parcel),
            None => Err(parcel),
        }
    }

    fn wake(&self, agent: &AgentId) {
        if let Some(live) = self.find(agent) {
            live.wake();
        }
    }

    async fn tell(&self, agent: &AgentId, notice: Notice) -> bool {
        match self.find(agent) {
            Some(live) => live.tell(notice).is_ok(),
            None => false,
        }
    }

    async fn is_online(&self, agent: &AgentId) -> bool {
        self.find(agent).is_some_and(|live| live.is_open())
    }
}
