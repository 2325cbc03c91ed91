//! The rule itself: blocked beats everything, then the first rule that matches, then the mode.
//!
//! Pure: the message, the settings and what is remembered in, a verdict out. Remembers, in
//! `pairing`, which strangers have a contact request waiting, at most [`MAX_PENDING`] of them.

use crate::settings::{Effect, Mode, Rule, Settings};

/// The code of every rejection: a refused sender learns nothing more.
pub const NOT_ACCEPTED: &str = "not_accepted";
/// The code of a hold by the mode `pairing`.
pub const CONTACT_REQUEST: &str = "contact_request";
/// The code of a hold by a rule.
pub const HELD_BY_RULE: &str = "held_by_rule";

/// How many waiting contact requests are remembered; the oldest is forgotten first. At the longest
/// ids this is half of what the host lets a policy remember.
pub const MAX_PENDING: u32 = 1_000;

/// Which way a message goes, seen from this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a peer to this agent.
    Inbound,
    /// From this agent to a peer.
    Outbound,
}

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something said.
    Text,
    /// The author is writing.
    Typing,
    /// The author has read.
    ReadReceipt,
    /// The author closes the conversation.
    End,
}

/// How far the owner trusts the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Not at all.
    Blocked,
    /// Nothing is said.
    Unknown,
    /// Known.
    Known,
    /// The owner's own.
    Owner,
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// What it is for.
    pub kind: Kind,
    /// The trust in the peer.
    pub trust: Trust,
    /// Whether our hold of this message was answered.
    pub released: bool,
    /// The author's name for it.
    pub id: &'a str,
    /// The author.
    pub from: &'a str,
    /// The receiver.
    pub to: &'a str,
    /// The conversation.
    pub conversation: Option<&'a str>,
    /// The message's time, in Unix milliseconds.
    pub now: u64,
}

impl<'a> Message<'a> {
    /// The other agent: the author of what comes in, the receiver of what goes out.
    pub fn peer(&self) -> &'a str {
        match self.direction {
            Direction::Inbound => self.from,
            Direction::Outbound => self.to,
        }
    }
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The message goes on.
    Pass,
    /// It is refused, with [`NOT_ACCEPTED`].
    Reject {
        /// Why, for this side.
        reason: String,
    },
    /// It waits for a person.
    Hold {
        /// The word for why.
        code: &'static str,
        /// Why, for this side.
        reason: String,
    },
}

/// What is remembered from one message to the next.
pub trait Memory {
    /// What was last set under `key`.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// Remembers `value` under `key`; false where there is no room.
    fn set(&mut self, key: &[u8], value: &[u8]) -> bool;
    /// Forgets `key`.
    fn delete(&mut self, key: &[u8]);
}

/// Decides about one message.
pub fn judge(settings: &Settings, message: &Message<'_>, memory: &mut impl Memory) -> Verdict {
    if message.released {
        forget_request(memory, message.peer());
    }
    if message.trust == Trust::Blocked {
        return reject("the peer is blocked");
    }
    let mut rules = settings.rules.iter().enumerate();
    let first = rules.find(|(_, rule)| matches(rule, message));
    if let Some((index, rule)) = first {
        return by_rule(index, rule, message);
    }
    by_mode(settings.mode, message, memory)
}

fn matches(rule: &Rule, message: &Message<'_>) -> bool {
    rule.expires.is_none_or(|expires| message.now < expires)
        && rule
            .peer
            .as_deref()
            .is_none_or(|peer| peer == message.peer())
        && rule
            .direction
            .is_none_or(|direction| direction == message.direction)
        && rule
            .kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&message.kind))
        && (rule.conversation.is_none() || rule.conversation.as_deref() == message.conversation)
}

fn by_rule(index: usize, rule: &Rule, message: &Message<'_>) -> Verdict {
    let reason = || match &rule.reason {
        Some(reason) => reason.clone(),
        None => format!("rules[{index}] says so"),
    };
    match rule.effect {
        Effect::Allow => Verdict::Pass,
        Effect::Reject => Verdict::Reject { reason: reason() },
        Effect::Hold if message.released => Verdict::Pass,
        Effect::Hold => Verdict::Hold {
            code: HELD_BY_RULE,
            reason: reason(),
        },
    }
}

fn by_mode(mode: Mode, message: &Message<'_>, memory: &mut impl Memory) -> Verdict {
    match (mode, message.trust) {
        (_, Trust::Blocked) => reject("the peer is blocked"),
        (_, Trust::Owner) | (Mode::Open, _) | (Mode::Pairing | Mode::Known, Trust::Known) => {
            Verdict::Pass
        }
        (Mode::Pairing, Trust::Unknown) => match message.direction {
            Direction::Outbound => Verdict::Pass,
            Direction::Inbound => from_stranger(message, memory),
        },
        (Mode::Known, Trust::Unknown) => reject("the peer is not known"),
        (Mode::Closed, Trust::Unknown | Trust::Known) => {
            reject("the mode is `closed` and no rule allows the peer")
        }
    }
}

fn from_stranger(message: &Message<'_>, memory: &mut impl Memory) -> Verdict {
    if message.released {
        return Verdict::Pass;
    }
    let asks_to_talk = match message.kind {
        Kind::Text => true,
        Kind::Typing | Kind::ReadReceipt | Kind::End => false,
    };
    if !asks_to_talk {
        return reject("a stranger's first message is a text");
    }
    match waiting_request(memory, message.peer()) {
        Some(waiting) if waiting == message.id.as_bytes() => {}
        Some(_) => return reject("the peer's contact request waits to be answered"),
        None => {
            if !remember_request(memory, message.peer(), message.id) {
                return reject("no room to remember another contact request");
            }
        }
    }
    Verdict::Hold {
        code: CONTACT_REQUEST,
        reason: "a stranger asks to talk".to_owned(),
    }
}

fn reject(reason: &str) -> Verdict {
    Verdict::Reject {
        reason: reason.to_owned(),
    }
}

// What is remembered is a ring, so that strangers can never fill the memory:
//
//   next          the slot that the next request takes
//   slot/<n>      the peer whose request has slot n
//   peer/<id>     slot (4 bytes), then the id of the message that waits

const NEXT: &[u8] = b"next";

fn waiting_request(memory: &impl Memory, peer: &str) -> Option<Vec<u8>> {
    let entry = memory.get(&peer_key(peer))?;
    entry.get(4..).map(<[u8]>::to_vec)
}

fn remember_request(memory: &mut impl Memory, peer: &str, id: &str) -> bool {
    let slot = memory.get(NEXT).and_then(|bytes| bytes.try_into().ok());
    let slot = slot.map_or(0, u32::from_be_bytes) % MAX_PENDING;
    drop_oldest(memory, slot);
    let mut entry = slot.to_be_bytes().to_vec();
    entry.extend_from_slice(id.as_bytes());
    memory.set(&slot_key(slot), peer.as_bytes())
        && memory.set(&peer_key(peer), &entry)
        && memory.set(NEXT, &(slot + 1).to_be_bytes())
}

fn forget_request(memory: &mut impl Memory, peer: &str) {
    memory.delete(&peer_key(peer));
}

/// Forgets whoever had `slot` a round ago, unless that peer has asked again since.
fn drop_oldest(memory: &mut impl Memory, slot: u32) {
    let Some(oldest) = memory.get(&slot_key(slot)) else {
        return;
    };
    let key = [b"peer/", oldest.as_slice()].concat();
    let its_slot = memory.get(&key);
    if its_slot.is_some_and(|entry| entry.starts_with(&slot.to_be_bytes())) {
        memory.delete(&key);
    }
}

fn peer_key(peer: &str) -> Vec<u8> {
    [b"peer/", peer.as_bytes()].concat()
}

fn slot_key(slot: u32) -> Vec<u8> {
    [b"slot/", slot.to_be_bytes().as_slice()].concat()
}

#[cfg(test)]
mod tests;
