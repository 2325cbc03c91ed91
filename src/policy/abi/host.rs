//! What a guest's imports reach: its own shelf of state, the message's time, its journal.
//!
//! The same for every version of the interface. State exists while a message is judged and at no
//! other time; what a call wrote is taken out by the host after it, or dropped with the instance.

use std::sync::Arc;

use super::super::deadline::Deadline;
use super::super::engine::{Limits, Meter};
use super::super::state::{Pair, Shelf, Value, WriteRefused, Writes};
use super::journal::{Journal, Level};
use crate::types::Timestamp;

/// What the policy remembers and when the message is, for one call.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) time: Timestamp,
}

/// What one call wrote.
#[derive(Debug)]
pub(crate) struct Wrote {
    pub(crate) writes: Writes,
    pub(crate) time: Timestamp,
}

/// The host's side of one instance.
pub(super) struct Host {
    journal: Arc<Journal>,
    pub(super) meter: Meter,
    pub(super) deadline: Deadline,
    call: Option<Call>,
}

struct Call {
    memory: Memory,
    writes: Writes,
}

pub(super) enum SetRefused {
    Write(WriteRefused),
    Unavailable,
}

impl Host {
    pub(super) fn new(journal: Arc<Journal>, limits: Limits) -> Self {
        Self {
            journal,
            meter: Meter::new(limits),
            deadline: Deadline::start(limits.time),
            call: None,
        }
    }

    /// Opens the state for one call.
    pub(super) fn open(&mut self, memory: Memory) {
        self.journal.begin();
        self.meter.begin();
        self.call = Some(Call {
            memory,
            writes: Writes::default(),
        });
    }

    /// Closes the state and hands out what the call wrote.
    pub(super) fn close(&mut self) -> Option<Wrote> {
        let call = self.call.take()?;
        Some(Wrote {
            writes: call.writes,
            time: call.memory.time,
        })
    }

    /// Whether there is state now: a message is being judged.
    pub(super) fn has_state(&self) -> bool {
        self.call.is_some()
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Value> {
        let call = self.call.as_ref()?;
        call.writes.get(&call.memory.shelf, key).cloned()
    }

    pub(super) fn set(&mut self, pair: Pair) -> Result<(), SetRefused> {
        let Some(call) = &mut self.call else {
            return Err(SetRefused::Unavailable);
        };
        let set = call.writes.set(&call.memory.shelf, pair);
        set.map_err(SetRefused::Write)
    }

    pub(super) fn delete(&mut self, key: &[u8]) {
        if let Some(call) = &mut self.call {
            call.writes.delete(&call.memory.shelf, key);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let call = self.call.as_ref();
        call.map_or(Timestamp::default(), |call| call.memory.time)
    }

    pub(super) fn log(&self, level: &Level, text: &str) {
        self.journal.write(level, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_state_and_no_time_between_calls() {
        let mut host = Host::new(Arc::new(Journal::new("p")), Limits::default());
        assert!(matches!(
            host.set(Pair::new(b"k", &[1]).unwrap()),
            Err(SetRefused::Unavailable)
        ));
        assert_eq!(host.get(b"k"), None);
        assert_eq!(host.now(), Timestamp::default());
        assert!(host.close().is_none());

        let time = Timestamp::from_millis(7);
        host.open(Memory {
            shelf: Arc::default(),
            time,
        });
        assert!(host.set(Pair::new(b"k", &[1]).unwrap()).is_ok());
        assert_eq!(host.get(b"k").as_deref(), Some([1].as_slice()));
        assert_eq!(host.now(), time);
        assert!(host.close().is_some());
        assert_eq!(host.get(b"k"), None);
    }
}
