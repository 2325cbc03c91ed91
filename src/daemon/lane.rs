//! The one lane that judges, both directions: inside the transaction of the message's own row.
//!
//! A message's repeat check, its verdict, what the policies remembered and its row are one job of
//! the database's writer, so they commit together or not at all, and each message sees all that the
//! messages before it changed. The policies' state is kept in memory between jobs; a counter beside
//! it in the database tells whether the two still agree, and after a transaction that did not
//! commit it is read again.
//!
//! Jobs run in the order in which they are brought. A held message that is released is a job of its
//! own, brought only when the one before it is done, so it goes behind all that waits.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::inbound::{Intake, Verified};
use super::meter::{Meter, Took};
use super::outbound::{Draft, Drafted};
use super::room::Load;
use super::rows::{keep_note, note, unreadable};
use crate::clock::{Clock, Stopwatch};
use crate::db::{Database, DbError, Pending};
use crate::fault::{self, Point};
use crate::policy::{Chain, Judged, PolicyState, Ruling, StateChanges, Subject};

/// The note that counts changes of the policies' state.
const CHANGES: &str = "policy_state_changes";

/// Past this a message that is no repeat goes to the dead letters instead of the agent.
pub(super) const MAX_MESSAGE_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The judging lane. Cheap to clone; clones are the same lane.
#[derive(Clone)]
pub(super) struct Lane {
    db: Database,
    chain: Arc<ArcSwap<Chain>>,
    memory: Arc<Mutex<Memory>>,
    clock: Clock,
    room: Room,
    meter: Meter,
    /// Whether what waits is handed to an agent.
    hands_on: bool,
    /// One place for whoever only tries the policies out.
    trials: Arc<Semaphore>,
}

/// How much may wait in each box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// For the agent; what comes then is left with the relay.
    pub(super) inbox: Load,
    /// For the relay or a person; what is to go then is refused.
    pub(super) outbox: Load,
    /// For a person or a moment, of those that came in; what is to be held then is refused.
    pub(super) held: Load,
}

/// What the policies remember, and the count of changes up to which that is so.
#[derive(Debug, Default)]
struct Memory {
    state: PolicyState,
    changes: Option<i64>,
}

/// One message's stay in the lane: the chain on which it began, and its memory.
pub(super) struct Bench<'a> {
    pub(super) connection: &'a Connection,
    pub(super) now: crate::types::Timestamp,
    pub(super) room: Room,
    pub(super) hands_on: bool,
    chain: &'a Chain,
    meter: &'a Meter,
    memory: &'a mut Memory,
}

impl Lane {
    pub(super) fn new(
        db: Database,
        chain: Arc<ArcSwap<Chain>>,
        clock: Clock,
        room: Room,
        meter: Meter,
    ) -> Self {
        Self {
            db,
            chain,
            memory: Arc::default(),
            clock,
            room,
            meter,
            hands_on: true,
            trials: Arc::new(Semaphore::new(1)),
        }
    }

    /// The lane of a daemon that hands what waits to an agent, as it does by default, or to nobody.
    pub(super) fn handing_on(self, hands_on: bool) -> Self {
        Self { hands_on, ..self }
    }

    /// How much may wait in each box.
    pub(super) fn room(&self) -> Room {
        self.room
    }

    /// Judges and keeps a message that came in.
    pub(super) async fn take(&self, verified: Arc<Verified>) -> Pending<Intake> {
        self.enter(|bench| super::inbound::take(bench, verified))
            .await
    }

    /// Judges and keeps a message that is to go out.
    pub(super) async fn draft(&self, draft: Draft) -> Result<Drafted, DbError> {
        let drafted = self.enter(|bench| super::outbound::draft(bench, draft));
        let drafted = drafted.await.await?;
        fault::point(Point::OutboxCommitted);
        Ok(drafted)
    }

    /// Does `work`, which brings back one message that was held or given up.
    pub(super) async fn bring_back<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Bench<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DbError> {
        self.enter(work).await.await
    }

    /// Has the chain judge `message` on a copy of what the policies remember, and forgets it.
    /// Nothing while another is being tried: so trying out never takes much of this machine.
    pub(super) async fn try_out<M: Subject + Send + 'static>(
        &self,
        message: M,
    ) -> Result<Option<Ruling>, DbError> {
        let Ok(_alone) = self.trials.try_acquire() else {
            return Ok(None);
        };
        let lane = self.clone();
        let tried = self
            .db
            .read(move |connection| {
                let chain = lane.chain.load_full();
                let remembered = lane.remembered(connection)?;
                Ok(chain.try_out(&message, &remembered))
            })
            .await;
        tried.map(Some)
    }

    /// What the policies remember, as of the last message that is on disk.
    fn remembered(&self, connection: &Connection) -> rusqlite::Result<PolicyState> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.changes == Some(count_of_changes(connection)?) {
            return Ok(memory.state.snapshot());
        }
        PolicyState::load(connection)
    }

    async fn enter<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Bench<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        let lane = self.clone();
        self.db
            .submit(move |connection| {
                let chain = lane.chain.load_full();
                let mut memory = lane.memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.refresh(connection)?;
                work(&mut Bench {
                    connection,
                    now: lane.clock.now(),
                    room: lane.room,
                    hands_on: lane.hands_on,
                    chain: &chain,
                    meter: &lane.meter,
                    memory: &mut memory,
                })
            })
            .await
    }
}

impl Bench<'_> {
    /// Has the chain judge `message`, and writes what the policies remembered.
    pub(super) fn judge<M: Subject>(&mut self, message: M) -> rusqlite::Result<Judged<M>> {
        let watch = Stopwatch::start();
        let judged = self.chain.judge(message, &mut self.memory.state);
        let ruling = judged.ruling();
        let took = Took {
            elapsed: watch.elapsed(),
            processor: ruling.processor,
        };
        self.meter.judged(&ruling.steps, took, self.now);
        self.memory.keep(self.connection, &ruling.changes)?;
        if !ruling.changes.is_empty() {
            fault::point(Point::PolicyStateWritten);
        }
        Ok(judged)
    }
}

impl Memory {
    /// Reads the state again where the database does not hold what this memory does.
    fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let on_disk = count_of_changes(connection)?;
        if self.changes != Some(on_disk) {
            self.state = PolicyState::load(connection)?;
            self.changes = Some(on_disk);
        }
        Ok(())
    }

    fn keep(&mut self, connection: &Connection, changes: &StateChanges) -> rusqlite::Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        // Whatever happens from here on, this memory counts only if its new number is found on
        // disk by the next message.
        let next = self.changes.take().unwrap_or_default() + 1;
        changes.apply(connection)?;
        keep_note(connection, CHANGES, &next.to_string())?;
        self.changes = Some(next);
        Ok(())
    }
}

fn count_of_changes(connection: &Connection) -> rusqlite::Result<i64> {
    let count: Option<String> = note(connection, CHANGES)?;
    count.map_or(Ok(0), |text| {
        text.parse().map_err(|_| unreadable(CHANGES, &text))
    })
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lane")
    }
}

#[cfg(test)]
mod tests;
