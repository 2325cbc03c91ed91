//! What policies remember: an overlay in memory, keyed by the policy's name, over one table.
//!
//! Owns the table `policy_state` and the quota of each policy. A message's changes are seen by the
//! next message at once, travel in its ruling, and are written by whoever commits the message's
//! row. Nothing is undone here: whoever could not commit loads the state anew. Reads no clock; the
//! last time a policy saw is kept beside what it wrote, in the table under the empty key.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;

use rusqlite::{Connection, params};

use self::key::Key;
use crate::types::Timestamp;

mod key;

/// The table that [`PolicyState::load`] reads and [`StateChanges::apply`] writes.
pub const POLICY_STATE_SCHEMA: &str = "\
CREATE TABLE policy_state (
    policy TEXT NOT NULL,
    key    BLOB NOT NULL,
    value  BLOB NOT NULL,
    PRIMARY KEY (policy, key)
) STRICT, WITHOUT ROWID;
";

/// All that one policy may remember: keys, values and [`ENTRY_COST`] for each entry, in bytes. What
/// `rate-limit` needs for 100,000 peers at the longest ids.
pub const QUOTA_BYTES: usize = 16 * 1024 * 1024;
/// What one call may write of it, so that no message costs the database more than that.
pub const CALL_BYTES: usize = 1024 * 1024;
/// What an entry counts beside its key and value, so that empty ones are not free.
pub const ENTRY_COST: usize = 64;
/// The longest key, in bytes: an agent id with a conversation id and words of one's own.
pub const MAX_KEY_LEN: usize = 512;
/// The longest value, in bytes.
pub const MAX_VALUE_LEN: usize = 64 * 1024;

/// What is remembered under a key, shared by all who read it: whoever writes puts another in its place.
pub(crate) type Value = Arc<[u8]>;

/// The host's own entry; a module's key is never empty.
const LAST_TIME_KEY: &[u8] = b"";

/// What every policy remembers, as of the last message judged.
#[derive(Debug, Default)]
pub struct PolicyState {
    /// By the policy's name. They are few, and looked through one after the other.
    shelves: Vec<(Arc<str>, Arc<Shelf>)>,
}

/// What one policy remembers. Cheap to share with a call; a call never changes it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Shelf {
    /// Hashed under a key of this process: peers choose what they are called.
    entries: HashMap<Key, Value>,
    bytes: usize,
    last_time: Option<Timestamp>,
}

/// What one call of a policy wrote, over the shelf it read.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    entries: BTreeMap<Key, Option<Value>>,
    /// What was written, a key that was written twice counting twice.
    bytes: usize,
    /// By how much the shelf grows: counted from the first write on that might not fit, taken or not.
    grown: Option<isize>,
}

/// A key and a value as a module may write them.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    key: Key,
    value: Value,
}

/// What one message changed, to be committed with its row.
#[derive(Debug, Default)]
#[must_use = "a message's changes are committed with its row"]
pub struct StateChanges {
    calls: Vec<Change>,
}

/// What one call changed.
#[derive(Debug)]
struct Change {
    policy: Arc<str>,
    entries: BTreeMap<Key, Option<Value>>,
    time: Timestamp,
}

/// A module's write was refused; the module is told and may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WriteRefused {
    #[error("a key has 1 to {MAX_KEY_LEN} bytes")]
    Key,
    #[error("a value has at most {MAX_VALUE_LEN} bytes")]
    Value,
    #[error("the policy's {QUOTA_BYTES} bytes, or the call's {CALL_BYTES}, are used up")]
    Quota,
}

impl PolicyState {
    /// Reads what policies remembered when the last row was committed.
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut state = Self::default();
        let mut query = connection.prepare("SELECT policy, key, value FROM policy_state")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let policy: String = row.get(0)?;
            state
                .shelf_mut(&Arc::from(policy))
                .read(row.get(1)?, row.get(2)?);
        }
        Ok(state)
    }

    /// The same memory to try something out on; what becomes of either is unseen by the other.
    pub fn snapshot(&self) -> Self {
        Self {
            shelves: self.shelves.clone(),
        }
    }

    pub(crate) fn shelf(&self, policy: &str) -> Arc<Shelf> {
        let mut shelves = self.shelves.iter();
        let shelf = shelves.find(|(name, _)| **name == *policy);
        shelf.map(|(_, shelf)| shelf.clone()).unwrap_or_default()
    }

    fn shelf_mut(&mut self, policy: &Arc<str>) -> &mut Shelf {
        let place = self.shelves.iter().position(|(name, _)| name == policy);
        let place = place.unwrap_or(self.shelves.len());
        if place == self.shelves.len() {
            self.shelves.push((policy.clone(), Arc::default()));
        }
        Arc::make_mut(&mut self.shelves[place].1)
    }

    /// Makes what a call wrote visible to later messages and adds it to `changes`.
    pub(crate) fn take(
        &mut self,
        policy: &Arc<str>,
        writes: Writes,
        time: Timestamp,
        changes: &mut StateChanges,
    ) {
        if writes.entries.is_empty() {
            return;
        }
        let shelf = self.shelf_mut(policy);
        shelf.last_time = Some(time);
        for (key, value) in &writes.entries {
            shelf.put(key, value.as_ref());
        }
        changes.calls.push(Change {
            policy: policy.clone(),
            entries: writes.entries,
            time,
        });
    }
}

impl Shelf {
    /// `time`, or the last time that this policy saw where that is later.
    pub(crate) fn time_not_before_last(&self, time: Timestamp) -> Timestamp {
        self.last_time.map_or(time, |last| last.max(time))
    }

    /// What all of it counts against the quota.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a row of the table.
    fn read(&mut self, key: Vec<u8>, value: Vec<u8>) {
        if key == LAST_TIME_KEY {
            let millis = value.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
            self.last_time = millis.map(Timestamp::from_millis);
        } else {
            self.put(&key, Some(&value.into()));
        }
    }

    fn put(&mut self, key: &[u8], value: Option<&Value>) {
        let new_cost = value.map_or(0, |value| cost(key, value));
        let old = match (value, self.entries.get_mut(key)) {
            (Some(value), Some(present)) => Some(mem::replace(present, value.clone())),
            (Some(value), None) => self.entries.insert(Key::from(key), value.clone()),
            (None, _) => self.entries.remove(key),
        };
        let old_cost = old.map_or(0, |value| cost(key, &value));
        self.bytes = self.bytes.saturating_add(new_cost).saturating_sub(old_cost);
    }
}

impl Pair {
    /// Takes both, where both are as long as they may be.
    pub(crate) fn new(key: &[u8], value: &[u8]) -> Result<Self, WriteRefused> {
        if key.is_empty() || key.len() > MAX_KEY_LEN {
            return Err(WriteRefused::Key);
        }
        if value.len() > MAX_VALUE_LEN {
            return Err(WriteRefused::Value);
        }
        Ok(Self {
            key: Key::from(key),
            value: Value::from(value),
        })
    }
}

impl Writes {
    /// What the call would read under `key` now.
    pub(crate) fn get<'a>(&'a self, shelf: &'a Shelf, key: &[u8]) -> Option<&'a Value> {
        match self.entries.get(key) {
            Some(written) => written.as_ref(),
            None => shelf.entries.get(key),
        }
    }

    /// Remembers `pair`, within the policy's quota.
    pub(crate) fn set(&mut self, shelf: &Shelf, pair: Pair) -> Result<(), WriteRefused> {
        let Pair { key, value } = pair;
        let bytes = self.bytes + cost(&key, &value);
        if bytes > CALL_BYTES {
            return Err(WriteRefused::Quota);
        }
        // What it replaces matters only where it might not fit beside all of it.
        if self.grown.is_some() || shelf.bytes + bytes > QUOTA_BYTES {
            let before = self.grown(shelf);
            let present = self.present_cost(shelf, &key);
            let grown = before + signed(cost(&key, &value)) - present;
            let fits = signed(shelf.bytes) + grown <= signed(QUOTA_BYTES);
            self.grown = Some(if fits { grown } else { before });
            if !fits {
                return Err(WriteRefused::Quota);
            }
        }
        self.bytes = bytes;
        self.entries.insert(key, Some(value));
        Ok(())
    }

    /// Forgets what is under `key`.
    pub(crate) fn delete(&mut self, shelf: &Shelf, key: &[u8]) {
        if self.get(shelf, key).is_none() {
            return;
        }
        let present = self.present_cost(shelf, key);
        self.grown = self.grown.map(|grown| grown - present);
        self.entries.insert(Key::from(key), None);
    }

    /// By how much the shelf grows.
    fn grown(&self, shelf: &Shelf) -> isize {
        self.grown.unwrap_or_else(|| {
            let grown = self.entries.iter().map(|(key, value)| {
                let of = |value: Option<&Value>| value.map_or(0, |value| signed(cost(key, value)));
                of(value.as_ref()) - of(shelf.entries.get(key))
            });
            grown.sum()
        })
    }

    fn present_cost(&self, shelf: &Shelf, key: &[u8]) -> isize {
        let present = self.get(shelf, key);
        present.map_or(0, |value| signed(cost(key, value)))
    }
}

impl StateChanges {
    /// Writes the changes, inside the transaction that `connection` is in.
    pub fn apply(&self, connection: &Connection) -> rusqlite::Result<()> {
        for call in &self.calls {
            for (key, value) in &call.entries {
                match value {
                    Some(value) => put_row(connection, &call.policy, key, value)?,
                    None => delete_row(connection, &call.policy, key)?,
                }
            }
            let time = call.time.as_millis().to_be_bytes();
            put_row(connection, &call.policy, LAST_TIME_KEY, &time)?;
        }
        Ok(())
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

fn put_row(
    connection: &Connection,
    policy: &str,
    key: &[u8],
    value: &[u8],
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO policy_state (policy, key, value) VALUES (?1, ?2, ?3) \
         ON CONFLICT (policy, key) DO UPDATE SET value = excluded.value",
    )?;
    statement.execute(params![policy, key, value]).map(drop)
}

fn delete_row(connection: &Connection, policy: &str, key: &[u8]) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("DELETE FROM policy_state WHERE policy = ?1 AND key = ?2")?;
    statement.execute(params![policy, key]).map(drop)
}

fn cost(key: &[u8], value: &[u8]) -> usize {
    key.len() + value.len() + ENTRY_COST
}

/// Sizes here are bounded by the quota, far below the type's end.
fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

#[cfg(test)]
#[path = "state/tests.rs"]
mod tests;
