//! Which waiting messages may go to the agent now, and what an answer means for the next attempt.
//!
//! Pure: rows, answers, the time and randomness come in, decisions go out. Three rules hold:
//!
//! - one message of a conversation is under way at a time, or one batch, under the name of its first
//!   message, and a later one never overtakes an earlier one that still waits;
//! - at most `max_in_flight` are under way in all;
//! - while the gate is closed, because the configuration is wrong or the gateway is away, one
//!   message at a time goes to ask whether it is open again, less and less often.
//!
//! The rows themselves stay in the database: what is not written down here is forgotten safely.

mod gate;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::hook::Answer;
use super::trouble::GatewayTrouble;
use crate::daemon::backoff::{Backoff, Jitter};
use crate::daemon::inbound::{Admitted, Settled};
use crate::daemon::rows::RowId;
use crate::types::{AgentId, ConversationId, Timestamp};

pub(in crate::daemon) use gate::Closed;
use gate::Gate;

/// Of how many messages it is known how often they were put off; past that it is forgotten.
const PUT_OFF_KNOWN: usize = 1_024;

/// The bounds of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Rules {
    /// The most messages under way at once.
    pub(in crate::daemon) max_in_flight: usize,
    /// How many attempts that count a message has.
    pub(in crate::daemon) attempts: u32,
    /// How old, by our own row, a message is still delivered.
    pub(in crate::daemon) max_age: Duration,
    /// How long a message waits after an attempt.
    pub(in crate::daemon) retry: Backoff,
    /// How long a closed gate waits before it is tried again.
    pub(in crate::daemon) probe: Backoff,
}

/// What the lanes need to know of a waiting message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Row {
    /// Its row; rows of a conversation go in their order.
    pub(in crate::daemon) id: RowId,
    /// Its conversation.
    pub(in crate::daemon) lane: Lane,
    /// When its row was written.
    pub(in crate::daemon) stored_at: Timestamp,
    /// When it may go again.
    pub(in crate::daemon) next_attempt_at: Option<Timestamp>,
    /// How many attempts counted so far.
    pub(in crate::daemon) attempts: u32,
}

/// When something is decided, and the chance that goes into it.
#[derive(Debug, Clone, Copy)]
pub(in crate::daemon) struct Moment {
    /// The time.
    pub(in crate::daemon) now: Timestamp,
    /// Randomness of this moment alone.
    pub(in crate::daemon) jitter: Jitter,
}

/// A conversation with a peer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::daemon) struct Lane {
    /// The peer.
    pub(in crate::daemon) peer: AgentId,
    /// The conversation.
    pub(in crate::daemon) conversation: ConversationId,
}

/// What is to be done now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Plan {
    /// These go; they are under way until [`Lanes::leave`].
    pub(in crate::daemon) send: Vec<RowId>,
    /// These are too old and are to be written down as dead; they too stay until they leave.
    pub(in crate::daemon) expired: Vec<RowId>,
    /// When to ask again, if nothing happens before.
    pub(in crate::daemon) wake_at: Option<Timestamp>,
}

/// What an answer means for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Next {
    /// This is to be written down; the message is under way until it is.
    Settle(Settled),
    /// It waits on as it is.
    Wait,
    /// The same again at once, without naming a session.
    AgainWithoutSession,
}

/// The state of all lanes.
#[derive(Debug)]
pub(in crate::daemon) struct Lanes {
    rules: Rules,
    gate: Gate,
    under_way: HashMap<RowId, UnderWay>,
    busy: HashSet<Lane>,
    expiring: HashSet<RowId>,
    /// How often in a row a message was put off without that counting as an attempt.
    put_off: HashMap<RowId, u32>,
    /// Counts the settings, so that an answer to old ones is known as such.
    settings: u64,
}

#[derive(Debug)]
struct UnderWay {
    lane: Lane,
    attempts: u32,
    settings: u64,
}

impl Lanes {
    /// Empty lanes behind an open gate.
    pub(in crate::daemon) fn new(rules: Rules) -> Self {
        Self {
            rules,
            gate: Gate::new(rules.probe),
            under_way: HashMap::new(),
            busy: HashSet::new(),
            expiring: HashSet::new(),
            put_off: HashMap::new(),
            settings: 0,
        }
    }

    /// Decides what goes now of `rows`, the oldest first.
    pub(in crate::daemon) fn plan(&mut self, rows: &[Row], now: Timestamp) -> Plan {
        let mut plan = Plan::default();
        let mut met = HashSet::new();
        for row in rows {
            if self.under_way.contains_key(&row.id) || self.expiring.contains(&row.id) {
                continue;
            }
            if now.since(row.stored_at) >= self.rules.max_age {
                self.expiring.insert(row.id);
                plan.expired.push(row.id);
                continue;
            }
            plan.wake_by(row.stored_at + self.rules.max_age, now);
            if self.busy.contains(&row.lane) || !met.insert(&row.lane) {
                continue;
            }
            if let Some(at) = row.next_attempt_at.filter(|at| *at > now) {
                plan.wake_by(at, now);
                continue;
            }
            if self.under_way.len() < self.rules.max_in_flight && self.gate.lets_go(row.id, now) {
                self.enter(row);
                plan.send.push(row.id);
            }
        }
        if let Some(at) = self.gate.tried_at() {
            plan.wake_by(at, now);
        }
        plan
    }

    /// Says what the answer to `id`, which is under way with `count` messages in all, means for them
    /// and for the gate.
    pub(in crate::daemon) fn answered(
        &mut self,
        id: RowId,
        count: usize,
        answer: Answer,
        at: Moment,
    ) -> Next {
        let Some(row) = self.under_way.get(&id) else {
            return Next::Wait;
        };
        let attempts = row.attempts;
        let tried = attempts.saturating_add(1);
        let is_about_these_settings = row.settings == self.settings;
        match answer {
            Answer::RetryWithoutSession => Next::AgainWithoutSession,
            Answer::Admitted { run_id } => {
                self.gate.open();
                self.put_off.remove(&id);
                Next::Settle(Settled::Delivered { run_id })
            }
            Answer::Never { why } => {
                self.gate.open();
                self.put_off.remove(&id);
                Next::Settle(match count {
                    0 | 1 => Settled::Dead {
                        attempts: tried,
                        why,
                        may_repeat: false,
                    },
                    // One that it does not like must not take the others with it.
                    several => Settled::Apart {
                        why: format!("{why}, to {several} messages at once; now each goes alone"),
                    },
                })
            }
            Answer::Pause { trouble, why } => {
                if is_about_these_settings {
                    self.gate.close(id, Closed { trouble, why }, None, at);
                }
                self.leave(id);
                Next::Wait
            }
            Answer::Away {
                trouble,
                why,
                after,
            } => {
                self.gate.close(id, Closed { trouble, why }, after, at);
                self.leave(id);
                Next::Wait
            }
            Answer::Later {
                why,
                after,
                counts_attempt,
                outcome_unknown,
            } => {
                match outcome_unknown {
                    true => self.gate.undecided(id, at),
                    false => self.gate.open(),
                }
                if counts_attempt && tried >= self.rules.attempts {
                    return Next::Settle(Settled::Dead {
                        attempts: tried,
                        why: given_up(&why, tried),
                        may_repeat: outcome_unknown,
                    });
                }
                let put_off = if counts_attempt {
                    self.put_off.remove(&id);
                    0
                } else {
                    self.put_off(id)
                };
                let failures = tried.saturating_add(put_off);
                let wait = self.rules.retry.after(failures, at.jitter);
                Next::Settle(Settled::Retry {
                    attempts: if counts_attempt { tried } else { attempts },
                    next_attempt_at: at.now + wait.max(after.unwrap_or_default()),
                    why,
                    may_repeat: outcome_unknown,
                })
            }
        }
    }

    /// Takes a message out: its row says by now what became of it.
    pub(in crate::daemon) fn leave(&mut self, id: RowId) {
        self.expiring.remove(&id);
        if let Some(row) = self.under_way.remove(&id) {
            self.busy.remove(&row.lane);
            self.gate.forget(id);
        }
    }

    /// The settings name a hook, another one than before: what the old one answered is void.
    pub(in crate::daemon) fn hook_changed(&mut self, now: Timestamp) {
        self.settings += 1;
        self.gate.try_now(now);
    }

    /// The settings name no hook: nothing goes until they do.
    pub(in crate::daemon) fn hook_missing(&mut self, why: String) {
        self.settings += 1;
        let trouble = GatewayTrouble::Settings;
        self.gate.shut(Closed { trouble, why });
    }

    /// The gateway shows life: where it was away, that is worth a try.
    pub(in crate::daemon) fn gateway_lives(&mut self, now: Timestamp) {
        self.gate.try_soon(now);
    }

    /// Why nothing goes, where that is so.
    pub(in crate::daemon) fn closed(&self) -> Option<&Closed> {
        self.gate.closed()
    }

    /// The messages under way, each with the attempts that it had before this one.
    pub(in crate::daemon) fn under_way(&self) -> impl Iterator<Item = (RowId, u32)> {
        self.under_way.iter().map(|(id, row)| (*id, row.attempts))
    }

    /// Counts that `id` was put off, and gives how often it was before.
    fn put_off(&mut self, id: RowId) -> u32 {
        if self.put_off.len() >= PUT_OFF_KNOWN {
            self.put_off.clear();
        }
        let count = self.put_off.entry(id).or_default();
        let before = *count;
        *count = before.saturating_add(1);
        before
    }

    fn enter(&mut self, row: &Row) {
        self.busy.insert(row.lane.clone());
        let under_way = UnderWay {
            lane: row.lane.clone(),
            attempts: row.attempts,
            settings: self.settings,
        };
        self.under_way.insert(row.id, under_way);
    }
}

impl Plan {
    /// What is due already needs no wake-up: something else stands in its way and ends.
    fn wake_by(&mut self, at: Timestamp, now: Timestamp) {
        if at > now && self.wake_at.is_none_or(|earliest| at < earliest) {
            self.wake_at = Some(at);
        }
    }
}

impl From<&Admitted> for Row {
    fn from(message: &Admitted) -> Self {
        Self {
            id: message.row(),
            lane: Lane {
                peer: message.from().clone(),
                conversation: message.conversation().clone(),
            },
            stored_at: message.stored_at(),
            next_attempt_at: message.next_attempt_at(),
            attempts: message.attempts(),
        }
    }
}

fn given_up(why: &str, attempts: u32) -> String {
    match attempts {
        1 => format!("{why}, after 1 attempt"),
        _ => format!("{why}, after {attempts} attempts"),
    }
}

#[cfg(test)]
mod tests;
