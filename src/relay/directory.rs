//! The agents that the relay has in memory, so that no message costs a read from the store.
//!
//! It owns a bounded cache of [`Resident`]s. Whoever changes what the store keeps of an agent has it
//! refreshed: each change is written first, then the account in memory is replaced by one of a later
//! revision. An agent that is in use, by a connection or by mail on its way, is never
//! forgotten, so at most one resident exists for an agent.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use arc_swap::ArcSwap;

use super::meter::Meter;
use super::store::{AgentRecord, Store, StoreError};
use crate::types::{AgentId, Timestamp};
use crate::wire::{Features, SigningKey};

/// How many agents one generation of the cache holds; there are two.
const GENERATION_MAX: usize = 20_000;

/// What checks and sessions need of an agent.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// The agent's secret, ready for use.
    pub(super) key: SigningKey,
    /// What its last connection announced; nothing where it never connected.
    pub(super) last_features: Option<Features>,
    pub(super) blocked: HashSet<AgentId>,
    pub(super) allowed: HashSet<AgentId>,
    pub(super) allowlist_enabled: bool,
    /// Of two accounts of one agent the one with the higher revision is the later.
    pub(super) revision: u64,
}

impl Account {
    /// Whether the agent's last connection announced no features.
    pub(super) fn is_version_1(&self) -> bool {
        self.last_features == Some(Features::default())
    }

    fn of(record: AgentRecord) -> Self {
        Self {
            key: SigningKey::new(&record.secret),
            last_features: record.last_features,
            blocked: record.blocked,
            allowed: record.allowed,
            allowlist_enabled: record.allowlist_enabled,
            revision: record.revision,
        }
    }
}

/// An agent in memory: its account, and what belongs to the agent rather than to a socket.
pub(super) struct Resident {
    /// Who it is.
    pub(super) id: AgentId,
    account: ArcSwap<Account>,
    meter: Mutex<Meter>,
    /// Mail on its way into the mailbox.
    pub(super) gate: Gate,
}

impl Resident {
    fn new(id: AgentId, account: Account, meter: Meter) -> Self {
        Self {
            id,
            account: ArcSwap::from_pointee(account),
            meter: Mutex::new(meter),
            gate: Gate::default(),
        }
    }

    /// The account as it stands now.
    pub(super) fn account(&self) -> arc_swap::Guard<Arc<Account>> {
        self.account.load()
    }

    /// What the agent may still make the relay do, and what it sent lately; held only for a few
    /// instructions.
    pub(super) fn meter(&self) -> MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, account: Account) {
        let account = Arc::new(account);
        self.account.rcu(|present| {
            if account.revision > present.revision {
                Arc::clone(&account)
            } else {
                Arc::clone(present)
            }
        });
    }
}

impl fmt::Debug for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resident({})", self.id)
    }
}

/// Counts mail that goes into an agent's mailbox, so that new mail knows to go behind it.
#[derive(Debug, Default)]
pub(super) struct Gate {
    announced: AtomicU64,
    submitted: AtomicU64,
}

impl Gate {
    /// How much mail was ever announced; a connection that has drained so much is up to date.
    pub(super) fn announced(&self) -> u64 {
        self.announced.load(Ordering::SeqCst)
    }

    /// The same, where all of it has reached the store's queue.
    pub(super) fn settled(&self) -> Option<u64> {
        let announced = self.announced();
        (self.submitted.load(Ordering::SeqCst) == announced).then_some(announced)
    }

    /// Announces one message for the mailbox; it counts as submitted when the guard is dropped.
    pub(super) fn announce(&self) -> Announced<'_> {
        self.announced.fetch_add(1, Ordering::SeqCst);
        Announced(self)
    }
}

/// A message that is being submitted to the store.
#[derive(Debug)]
pub(super) struct Announced<'a>(&'a Gate);

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.0.submitted.fetch_add(1, Ordering::SeqCst);
    }
}

/// The cache of agents.
#[derive(Debug)]
pub(super) struct Directory {
    store: Arc<dyn Store>,
    rate_limit_per_minute: u32,
    generations: RwLock<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    current: HashMap<AgentId, Arc<Resident>>,
    previous: HashMap<AgentId, Arc<Resident>>,
}

impl Directory {
    /// An empty cache over `store`.
    pub(super) fn new(store: Arc<dyn Store>, rate_limit_per_minute: u32) -> Self {
        Self {
            store,
            rate_limit_per_minute,
            generations: RwLock::default(),
        }
    }

    /// The agent of that id, if anyone is registered under it.
    pub(super) async fn find(
        &self,
        id: &AgentId,
        now: Timestamp,
    ) -> Result<Option<Arc<Resident>>, StoreError> {
        if let Some(resident) = self.cached(id) {
            return Ok(Some(resident));
        }
        let Some(record) = self.store.agent(id).await? else {
            return Ok(None);
        };
        let meter = Meter::new(self.rate_limit_per_minute, now);
        let fresh = Resident::new(id.clone(), Account::of(record), meter);
        Ok(Some(self.admit(Arc::new(fresh))))
    }

    /// Reads an agent's account again after it was changed in the store.
    pub(super) async fn refresh(&self, id: &AgentId, now: Timestamp) -> Result<(), StoreError> {
        let Some(record) = self.store.agent(id).await? else {
            return Ok(());
        };
        let account = Account::of(record);
        let meter = Meter::new(self.rate_limit_per_minute, now);
        let fresh = Arc::new(Resident::new(id.clone(), account.clone(), meter));
        self.admit(fresh).replace(account);
        Ok(())
    }

    fn cached(&self, id: &AgentId) -> Option<Arc<Resident>> {
        let generations = self
            .generations
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(resident) = generations.current.get(id) {
            return Some(Arc::clone(resident));
        }
        let resident = Arc::clone(generations.previous.get(id)?);
        drop(generations);
        Some(self.admit(resident))
    }

    /// Puts `resident` in, unless the agent is there already; gives the one that is there.
    fn admit(&self, resident: Arc<Resident>) -> Arc<Resident> {
        let mut generations = self
            .generations
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(present) = generations.current.get(&resident.id) {
            return Arc::clone(present);
        }
        let resident = generations
            .previous
            .remove(&resident.id)
            .unwrap_or(resident);
        if generations.current.len() >= GENERATION_MAX {
            generations.turn_over();
        }
        generations
            .current
            .insert(resident.id.clone(), Arc::clone(&resident));
        resident
    }
}

impl Generations {
    fn turn_over(&mut self) {
        let aged = std::mem::take(&mut self.current);
        let oldest = std::mem::replace(&mut self.previous, aged);
        let in_use = oldest
            .into_iter()
            .filter(|(_, resident)| Arc::strong_count(resident) > 1);
        self.current.extend(in_use);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::types::Secret;

    /// An agent that is in memory and in no store.
    pub(in crate::relay) fn resident(id: &str) -> Resident {
        let account = Account {
            key: SigningKey::new(&Secret::new("s3cret")),
            last_features: None,
            blocked: HashSet::new(),
            allowed: HashSet::new(),
            allowlist_enabled: false,
            revision: 0,
        };
        let meter = Meter::new(0, Timestamp::default());
        Resident::new(AgentId::new(id).unwrap(), account, meter)
    }

    #[test]
    fn mail_is_settled_once_all_that_was_announced_is_submitted() {
        let gate = Gate::default();
        assert_eq!(gate.settled(), Some(0));
        let first = gate.announce();
        let second = gate.announce();
        drop(first);
        assert_eq!((gate.announced(), gate.settled()), (2, None));
        drop(second);
        assert_eq!(gate.settled(), Some(2));
    }
}
