//! What policies remember: an overlay in memory, keyed by the policy's name, over one table.
//!
//! Owns the table `policy_state` and the quota of each policy. A message's changes are seen by the
//! next message at once, travel in its ruling, and are written by whoever commits the message's
//! row. Nothing is undone here: whoever could not commit loads the state anew. Reads no clock; the
//! last time a policy saw is kept beside what it wrote, in the table under the empty key.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::types::Timestamp;

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

/// The host's own entry; a module's key is never empty.
const LAST_TIME_KEY: &[u8] = b"";

/// What every policy remembers, as of the last message judged.
#[derive(Debug, Default)]
pub struct PolicyState {
    shelves: BTreeMap<Arc<str>, Arc<Shelf>>,
}

/// What one policy remembers. Cheap to share with a call; a call never changes it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Shelf {
    /// Hashed under a key of this process: peers choose what they are called.
    entries: HashMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
    last_time: Option<Timestamp>,
}

/// What one call of a policy wrote, over the shelf it read.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    grown: isize,
    bytes: usize,
}

/// What one message changed, to be committed with its row.
#[derive(Debug, Default)]
#[must_use = "a message's changes are committed with its row"]
pub struct StateChanges {
    entries: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    policy: Arc<str>,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
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
            let shelf = state.shelves.entry(Arc::from(policy)).or_default();
            Arc::make_mut(shelf).read(row.get(1)?, row.get(2)?);
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
        self.shelves.get(policy).cloned().unwrap_or_default()
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
        let shelf = Arc::make_mut(self.shelves.entry(policy.clone()).or_default());
        shelf.last_time = Some(time);
        let stamp = time.as_millis().to_be_bytes().to_vec();
        let stamp = (LAST_TIME_KEY.to_vec(), Some(stamp));
        for (key, value) in &writes.entries {
            shelf.put(key, value.as_deref());
        }
        changes.entries.reserve(writes.entries.len() + 1);
        let written = writes.entries.into_iter().chain([stamp]);
        changes.entries.extend(written.map(|(key, value)| Change {
            policy: policy.clone(),
            key,
            value,
        }));
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
            self.put(&key, Some(&value));
        }
    }

    /// Most writes are of what is there already: they use its room again, unless that is far too large
    /// for what counts of it.
    fn put(&mut self, key: &[u8], value: Option<&[u8]>) {
        let new_cost = value.map_or(0, |value| cost(key.len(), value));
        let mut old_cost = 0;
        match (self.entries.get_mut(key), value) {
            (Some(present), Some(value)) => {
                old_cost = cost(key.len(), present);
                present.clear();
                present.shrink_to(2 * value.len() + ENTRY_COST);
                present.extend_from_slice(value);
            }
            (Some(present), None) => {
                old_cost = cost(key.len(), present);
                self.entries.remove(key);
            }
            (None, Some(value)) => {
                self.entries.insert(key.to_vec(), value.to_vec());
            }
            (None, None) => {}
        }
        self.bytes = self.bytes.saturating_add(new_cost).saturating_sub(old_cost);
    }
}

impl Writes {
    /// What the call would read under `key` now.
    pub(crate) fn get<'a>(&'a self, shelf: &'a Shelf, key: &[u8]) -> Option<&'a Vec<u8>> {
        match self.entries.get(key) {
            Some(written) => written.as_ref(),
            None => shelf.entries.get(key),
        }
    }

    /// Remembers `value` under `key`, within the policy's quota.
    pub(crate) fn set(
        &mut self,
        shelf: &Shelf,
        key: Vec<u8>,
        value: Vec<u8>,
    ) -> Result<(), WriteRefused> {
        if key.is_empty() || key.len() > MAX_KEY_LEN {
            return Err(WriteRefused::Key);
        }
        if value.len() > MAX_VALUE_LEN {
            return Err(WriteRefused::Value);
        }
        let grown = self.grown + signed(cost(key.len(), &value)) - self.present_cost(shelf, &key);
        let bytes = self.bytes + cost(key.len(), &value);
        if signed(shelf.bytes) + grown > signed(QUOTA_BYTES) || bytes > CALL_BYTES {
            return Err(WriteRefused::Quota);
        }
        self.grown = grown;
        self.bytes = bytes;
        self.entries.insert(key, Some(value));
        Ok(())
    }

    /// Forgets what is under `key`.
    pub(crate) fn delete(&mut self, shelf: &Shelf, key: Vec<u8>) {
        if self.get(shelf, &key).is_none() {
            return;
        }
        self.grown -= self.present_cost(shelf, &key);
        self.entries.insert(key, None);
    }

    fn present_cost(&self, shelf: &Shelf, key: &[u8]) -> isize {
        let present = self.get(shelf, key);
        present.map_or(0, |value| signed(cost(key.len(), value)))
    }
}

impl StateChanges {
    /// Writes the changes, inside the transaction that `connection` is in.
    pub fn apply(&self, connection: &Connection) -> rusqlite::Result<()> {
        for change in &self.entries {
            match &change.value {
                Some(value) => connection
                    .prepare_cached(
                        "INSERT INTO policy_state (policy, key, value) VALUES (?1, ?2, ?3) \
                         ON CONFLICT (policy, key) DO UPDATE SET value = excluded.value",
                    )?
                    .execute(params![&*change.policy, change.key, value])?,
                None => connection
                    .prepare_cached("DELETE FROM policy_state WHERE policy = ?1 AND key = ?2")?
                    .execute(params![&*change.policy, change.key])?,
            };
        }
        Ok(())
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn cost(key_len: usize, value: &[u8]) -> usize {
    key_len + value.len() + ENTRY_COST
}

/// Sizes here are bounded by the quota, far below the type's end.
fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

#[cfg(test)]
#[path = "state/tests.rs"]
mod tests;
