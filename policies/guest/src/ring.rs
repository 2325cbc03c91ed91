//! A bounded number of entries by name, the one that may go first making room for the next.
//!
//! The host's memory has no listing and needs none: every entry has a slot of a ring, and a hand
//! goes round. A new entry takes the first of the next [`PROBES`] slots that is free or whose entry
//! may go; where none may, the one under the hand goes. So the bound holds whoever writes, and an
//! entry costs the same whether there are ten or ten thousand.
//!
//! ```text
//! <letter>n            the slot under the hand
//! <letter>s<slot>      the name of the entry that has the slot
//! <letter>e<name>      slot (4 bytes), then what is remembered
//! ```

use crate::memory::Memory;

/// How many slots a new entry looks at.
pub const PROBES: u32 = 8;

/// A ring of slots under a letter of its own.
#[derive(Debug, Clone, Copy)]
pub struct Ring {
    /// What its keys begin with.
    pub letter: u8,
    /// How many entries there are at most.
    pub slots: u32,
}

/// An entry as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    key: Vec<u8>,
    bytes: Vec<u8>,
}

/// The bytes of a slot's number, and of what stands before the name in an entry's key.
const SLOT: usize = 4;
const PREFIX: usize = 2;

impl Entry {
    /// What is remembered.
    pub fn value(&self) -> &[u8] {
        self.bytes.get(SLOT..).unwrap_or_default()
    }

    /// Remembers `value` in place of what was found; false where there is no room.
    pub fn replace(mut self, memory: &mut impl Memory, value: &[u8]) -> bool {
        self.bytes.truncate(SLOT);
        self.bytes.extend_from_slice(value);
        memory.set(&self.key, &self.bytes)
    }

    fn has(&self, slot: [u8; SLOT]) -> bool {
        self.bytes.starts_with(&slot)
    }
}

impl Ring {
    /// What is remembered under the name of these parts.
    pub fn find(&self, memory: &impl Memory, name: &[&str]) -> Option<Entry> {
        self.entry(memory, self.entry_key(name))
    }

    /// Remembers `value` under the name of these parts, which is not in the ring, in place of an
    /// entry that `may_go`; false where there is no room.
    pub fn insert(
        &self,
        memory: &mut impl Memory,
        name: &[&str],
        value: &[u8],
        may_go: impl Fn(&[u8]) -> bool,
    ) -> bool {
        let hand = memory.get(&self.hand_key());
        let hand = hand.and_then(|bytes| bytes.try_into().ok());
        let hand = hand.map_or(0, u32::from_be_bytes) % self.slots;
        let slot = self.make_room(memory, hand, may_go);
        let next = (slot + 1) % self.slots;
        let slot = slot.to_be_bytes();
        let key = self.entry_key(name);
        memory.set(&self.slot_key(slot), &key[PREFIX..])
            && memory.set(&key, &[&slot, value].concat())
            && memory.set(&self.hand_key(), &next.to_be_bytes())
    }

    /// Forgets what is under the name of these parts. Its slot is free from then on.
    pub fn forget(&self, memory: &mut impl Memory, name: &[&str]) {
        memory.delete(&self.entry_key(name));
    }

    fn make_room(
        &self,
        memory: &mut impl Memory,
        hand: u32,
        may_go: impl Fn(&[u8]) -> bool,
    ) -> u32 {
        for step in 0..PROBES.min(self.slots) {
            let slot = (hand + step) % self.slots;
            let Some(entry) = self.in_slot(memory, slot) else {
                return slot;
            };
            if may_go(entry.value()) {
                memory.delete(&entry.key);
                return slot;
            }
        }
        if let Some(entry) = self.in_slot(memory, hand) {
            memory.delete(&entry.key);
        }
        hand
    }

    /// Who has `slot`. A slot whose entry was forgotten, or has another slot since, is free.
    fn in_slot(&self, memory: &impl Memory, slot: u32) -> Option<Entry> {
        let slot = slot.to_be_bytes();
        let name = memory.get(&self.slot_key(slot))?;
        let key = [&self.entry_prefix(), name.as_slice()].concat();
        let entry = self.entry(memory, key)?;
        entry.has(slot).then_some(entry)
    }

    fn entry(&self, memory: &impl Memory, key: Vec<u8>) -> Option<Entry> {
        let bytes = memory.get(&key)?;
        (bytes.len() >= SLOT).then_some(Entry { key, bytes })
    }

    fn hand_key(&self) -> [u8; 2] {
        [self.letter, b'n']
    }

    fn slot_key(&self, slot: [u8; SLOT]) -> [u8; 6] {
        let [a, b, c, d] = slot;
        [self.letter, b's', a, b, c, d]
    }

    fn entry_prefix(&self) -> [u8; PREFIX] {
        [self.letter, b'e']
    }

    fn entry_key(&self, name: &[&str]) -> Vec<u8> {
        let length = name.iter().map(|part| part.len()).sum::<usize>();
        let mut key = Vec::with_capacity(PREFIX + length);
        key.extend_from_slice(&self.entry_prefix());
        for part in name {
            key.extend_from_slice(part.as_bytes());
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Remembered;

    const RING: Ring = Ring {
        letter: b'r',
        slots: 16,
    };

    fn names(numbers: std::ops::Range<u32>) -> Vec<String> {
        numbers.map(|n| format!("name-{n}")).collect()
    }

    fn insert(memory: &mut Remembered, name: &str, value: &[u8]) {
        let busy = |value: &[u8]| value != b"busy";
        assert!(RING.insert(memory, &[name], value, busy));
    }

    fn has(memory: &Remembered, name: &str) -> bool {
        RING.find(memory, &[name]).is_some()
    }

    #[test]
    fn the_bound_holds_and_the_oldest_goes_first() {
        let mut memory = Remembered::default();
        let names = names(0..100);
        for name in &names {
            insert(&mut memory, name, b"idle");
        }
        let kept: Vec<_> = names.iter().filter(|name| has(&memory, name)).collect();
        assert_eq!(kept, names[84..].iter().collect::<Vec<_>>());
        assert_eq!(memory.entries(), 16 * 2 + 1);
    }

    #[test]
    fn an_entry_that_may_go_goes_before_one_that_may_not() {
        let mut memory = Remembered::default();
        for (place, name) in names(0..16).iter().enumerate() {
            let value: &[u8] = if place == 5 { b"idle" } else { b"busy" };
            insert(&mut memory, name, value);
        }
        insert(&mut memory, "new", b"busy");
        assert!(!has(&memory, "name-5") && has(&memory, "name-0"));
        insert(&mut memory, "newer", b"busy");
        assert!(!has(&memory, "name-6"), "all are busy: the next one goes");
    }

    #[test]
    fn what_is_forgotten_frees_its_slot_and_may_come_back() {
        let mut memory = Remembered::default();
        for name in names(0..16) {
            insert(&mut memory, &name, b"busy");
        }
        RING.forget(&mut memory, &["name-3"]);
        insert(&mut memory, "name-99", b"busy");
        insert(&mut memory, "name-3", b"busy");
        assert!(has(&memory, "name-99") && has(&memory, "name-3"));
        assert_eq!(memory.entries(), 16 * 2 + 1);
    }

    #[test]
    fn replacing_keeps_the_place() {
        let mut memory = Remembered::default();
        insert(&mut memory, "a", b"1");
        for value in ["longer than before", "2", ""] {
            let found = RING.find(&memory, &["a"]).unwrap();
            assert!(found.replace(&mut memory, value.as_bytes()));
            let found = RING.find(&memory, &["a"]).unwrap();
            assert_eq!(found.value(), value.as_bytes());
        }
        assert_eq!(memory.entries(), 3);
    }
}
