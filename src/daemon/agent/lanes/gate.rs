//! Whether the gateway takes messages at all. A closed gate lets one message go to try it.

use std::time::Duration;

use super::Moment;
use crate::daemon::agent::trouble::GatewayTrouble;
use crate::daemon::backoff::Backoff;
use crate::daemon::rows::RowId;
use crate::types::Timestamp;

/// Why a gate is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Closed {
    /// What kind of reason.
    pub(in crate::daemon) trouble: GatewayTrouble,
    /// The reason, for a person.
    pub(in crate::daemon) why: String,
}

#[derive(Debug)]
pub(super) struct Gate {
    backoff: Backoff,
    state: State,
}

#[derive(Debug)]
enum State {
    Open,
    /// Tried again at a moment.
    Closed {
        closed: Closed,
        failures: u32,
        try_at: Timestamp,
        /// Not before, whatever happens: the gateway asked for it.
        spared_until: Timestamp,
        trying: Option<RowId>,
    },
    /// Not tried again until the settings change.
    Shut(Closed),
}

impl Gate {
    pub(super) fn new(backoff: Backoff) -> Self {
        let state = State::Open;
        Self { backoff, state }
    }

    /// Whether `id` may go now. Behind a closed gate, it is then the one that tries it.
    pub(super) fn lets_go(&mut self, id: RowId, now: Timestamp) -> bool {
        match &mut self.state {
            State::Open => true,
            State::Closed { try_at, trying, .. } => {
                let free = trying.is_none() && now >= *try_at;
                if free {
                    *trying = Some(id);
                }
                free
            }
            State::Shut(_) => false,
        }
    }

    /// When the gate is tried next, if that is a matter of time.
    pub(super) fn tried_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Closed {
                try_at,
                trying: None,
                ..
            } => Some(*try_at),
            State::Open | State::Closed { .. } | State::Shut(_) => None,
        }
    }

    pub(super) fn closed(&self) -> Option<&Closed> {
        match &self.state {
            State::Open => None,
            State::Closed { closed, .. } | State::Shut(closed) => Some(closed),
        }
    }

    /// Closes for what `id` was answered. Only the one that tried makes the next wait longer;
    /// what was under way before the gate closed fails with it and says nothing new.
    pub(super) fn close(&mut self, id: RowId, closed: Closed, after: Option<Duration>, at: Moment) {
        let failures = match &self.state {
            State::Open => 1,
            State::Closed {
                failures, trying, ..
            } if *trying == Some(id) => failures + 1,
            State::Closed { .. } | State::Shut(_) => return,
        };
        self.wait(closed, failures, after.unwrap_or_default(), at);
    }

    /// The answer to `id` does not tell whether the gate is open.
    pub(super) fn undecided(&mut self, id: RowId, at: Moment) {
        let (closed, failures) = match &self.state {
            State::Closed {
                closed,
                failures,
                trying,
                ..
            } if *trying == Some(id) => (closed.clone(), failures + 1),
            State::Open | State::Closed { .. } | State::Shut(_) => return,
        };
        self.wait(closed, failures, Duration::ZERO, at);
    }

    /// The gateway took a message, or would have taken another.
    pub(super) fn open(&mut self) {
        match self.state {
            State::Open | State::Closed { .. } => self.state = State::Open,
            State::Shut(_) => {}
        }
    }

    /// Closes until the settings change.
    pub(super) fn shut(&mut self, closed: Closed) {
        self.state = State::Shut(closed);
    }

    /// Something has changed: a closed gate is tried now, and patiently from the start.
    pub(super) fn try_now(&mut self, now: Timestamp) {
        match &mut self.state {
            State::Open => {}
            State::Closed {
                failures,
                try_at,
                trying,
                ..
            } => {
                *failures = 0;
                *try_at = now;
                *trying = None;
            }
            State::Shut(_) => self.state = State::Open,
        }
    }

    /// The gateway lives: one that was away is tried as soon as it wants to be.
    pub(super) fn try_soon(&mut self, now: Timestamp) {
        match &mut self.state {
            State::Closed {
                closed,
                try_at,
                spared_until,
                ..
            } if !closed.trouble.is_lasting() => *try_at = (*try_at).min(now.max(*spared_until)),
            State::Open | State::Closed { .. } | State::Shut(_) => {}
        }
    }

    /// `id` is under way no longer.
    pub(super) fn forget(&mut self, id: RowId) {
        match &mut self.state {
            State::Closed { trying, .. } if *trying == Some(id) => *trying = None,
            State::Open | State::Closed { .. } | State::Shut(_) => {}
        }
    }

    fn wait(&mut self, closed: Closed, failures: u32, after: Duration, at: Moment) {
        let wait = self.backoff.after(failures, at.jitter).max(after);
        self.state = State::Closed {
            closed,
            failures,
            try_at: at.now + wait,
            spared_until: at.now + after,
            trying: None,
        };
    }
}
