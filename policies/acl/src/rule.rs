//! The rule itself: blocked beats everything, then the first rule that matches, then the mode.
//!
//! Pure: the message, the settings and what is remembered in, a verdict out. Remembers, in
//! `pairing`, which strangers have a contact request waiting, at most [`MAX_PENDING`] of them.

use guest::ring::Ring;
use guest::{Direction, Kind, Memory, Message, Trust, Verdict};

use crate::settings::{Effect, Mode, Rule, Settings};

/// The code of every rejection: a refused sender learns nothing more.
pub const NOT_ACCEPTED: &str = "not_accepted";
/// The code of a hold by the mode `pairing`.
pub const CONTACT_REQUEST: &str = "contact_request";
/// The code of a hold by a rule.
pub const HELD_BY_RULE: &str = "held_by_rule";

/// How many waiting contact requests are remembered; the oldest is forgotten first.
pub const MAX_PENDING: u32 = 1_000;

/// The waiting requests: the peer, and the id of the message that waits.
const REQUESTS: Ring = Ring {
    letter: b'r',
    slots: MAX_PENDING,
};

/// Decides about one message.
pub fn judge(settings: &Settings, message: &Message<'_>, memory: &mut impl Memory) -> Verdict {
    if message.released {
        REQUESTS.forget(memory, &[message.peer()]);
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
        Effect::Reject => Verdict::reject(NOT_ACCEPTED, reason()),
        Effect::Hold if message.released => Verdict::Pass,
        Effect::Hold => Verdict::Hold {
            code: HELD_BY_RULE,
            reason: reason(),
            until: None,
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
    let peer = [message.peer()];
    match REQUESTS.find(memory, &peer) {
        Some(waiting) if waiting.value() == message.id.as_bytes() => {}
        Some(_) => return reject("the peer's contact request waits to be answered"),
        None => {
            let oldest_goes = |_: &[u8]| true;
            if !REQUESTS.insert(memory, &peer, message.id.as_bytes(), oldest_goes) {
                return reject("no room to remember another contact request");
            }
        }
    }
    Verdict::Hold {
        code: CONTACT_REQUEST,
        reason: "a stranger asks to talk".to_owned(),
        until: None,
    }
}

fn reject(reason: &str) -> Verdict {
    Verdict::reject(NOT_ACCEPTED, reason)
}

#[cfg(test)]
mod tests;
