//! What a guest's imports reach: its own shelf of state, the message's time, a few log lines.
//!
//! The same for every version of the interface. State exists while a message is judged and at no
//! other time; what a call wrote is taken out by the host after it, or dropped with the instance.

use std::sync::Arc;

use tracing::{debug, error, info, warn};

use super::super::decision::visible;
use super::super::engine::{Limits, Meter};
use super::super::state::{Shelf, WriteRefused, Writes};
use crate::types::Timestamp;

/// How many lines one call may log.
const MAX_LINES: u32 = 8;
/// Where a line is cut, in bytes.
const MAX_LINE_LEN: usize = 1024;

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
    policy: String,
    pub(super) meter: Meter,
    call: Option<Call>,
    lines: u32,
}

struct Call {
    memory: Memory,
    writes: Writes,
}

pub(super) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

pub(super) enum SetRefused {
    Write(WriteRefused),
    Unavailable,
}

impl Host {
    pub(super) fn new(policy: &str, limits: Limits) -> Self {
        Self {
            policy: policy.to_owned(),
            meter: Meter::new(limits),
            call: None,
            lines: 0,
        }
    }

    /// Opens the state for one call.
    pub(super) fn open(&mut self, memory: Memory) {
        self.lines = 0;
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

    pub(super) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let call = self.call.as_ref()?;
        call.writes.get(&call.memory.shelf, key).cloned()
    }

    pub(super) fn set(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<(), SetRefused> {
        let Some(call) = &mut self.call else {
            return Err(SetRefused::Unavailable);
        };
        let set = call.writes.set(&call.memory.shelf, key, value);
        set.map_err(SetRefused::Write)
    }

    pub(super) fn delete(&mut self, key: Vec<u8>) {
        if let Some(call) = &mut self.call {
            call.writes.delete(&call.memory.shelf, key);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let call = self.call.as_ref();
        call.map_or(Timestamp::default(), |call| call.memory.time)
    }

    pub(super) fn log(&mut self, level: &Level, text: &str) {
        self.lines += 1;
        if self.lines > MAX_LINES {
            return;
        }
        let policy = &self.policy;
        let line = visible(&text[..text.floor_char_boundary(MAX_LINE_LEN)]);
        match level {
            Level::Debug => debug!(policy.name = policy, "policy {policy}: {line}"),
            Level::Info => info!(policy.name = policy, "policy {policy}: {line}"),
            Level::Warn => warn!(policy.name = policy, "policy {policy}: {line}"),
            Level::Error => error!(policy.name = policy, "policy {policy}: {line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_state_and_no_time_between_calls() {
        let mut host = Host::new("p", Limits::default());
        assert!(matches!(
            host.set(b"k".to_vec(), vec![1]),
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
        assert!(host.set(b"k".to_vec(), vec![1]).is_ok());
        assert_eq!(host.get(b"k"), Some(vec![1]));
        assert_eq!(host.now(), time);
        assert!(host.close().is_some());
        assert_eq!(host.get(b"k"), None);
    }
}
