//! What is remembered from one message to the next, by whoever keeps it.

use std::collections::BTreeMap;

/// What is remembered from one message to the next.
pub trait Memory {
    /// What was last set under `key`.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// Remembers `value` under `key`; false where there is no room.
    fn set(&mut self, key: &[u8], value: &[u8]) -> bool;
    /// Forgets `key`.
    fn delete(&mut self, key: &[u8]);
}

/// What the host counts for an entry beside its key and value.
pub const ENTRY_COST: usize = 64;
/// What the host lets one policy remember, each entry with its [`ENTRY_COST`].
pub const QUOTA_BYTES: usize = 16 * 1024 * 1024;

/// A memory of one's own, for running a rule without a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered(BTreeMap<Vec<u8>, Vec<u8>>);

impl Remembered {
    /// How many entries there are.
    pub fn entries(&self) -> usize {
        self.0.len()
    }

    /// What they count against the host's quota.
    pub fn bytes(&self) -> usize {
        let cost = |(key, value): (&Vec<u8>, &Vec<u8>)| key.len() + value.len() + ENTRY_COST;
        self.0.iter().map(cost).sum()
    }
}

impl Memory for Remembered {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> bool {
        self.0.insert(key.to_vec(), value.to_vec());
        true
    }

    fn delete(&mut self, key: &[u8]) {
        self.0.remove(key);
    }
}
