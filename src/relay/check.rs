//! The ordered list of checks that a message passes before it is routed: facts in, outcome out.
//!
//! The order is part of the protocol as this relay speaks it. What costs least stands first;
//! nothing about other agents is told, and nothing is remembered, before the signature holds; a
//! refusal by the receiver's lists comes before anything about the receiver's state.
//!
//! | # | question | answer when not |
//! | --- | --- | --- |
//! | 1 | is the content within the limit? | `MESSAGE_TOO_LARGE` |
//! | 2 | is `from` the connected agent? | `UNAUTHORIZED` |
//! | 3 | does the signature hold? | `INVALID_SIGNATURE` |
//! | 4 | was it signed within 5 minutes? | `TIMESTAMP_EXPIRED` |
//! | 5 | is its nonce new? | `REPLAY_ATTACK` |
//! | 6 | is its id new, or its own? | `INVALID_CONTENT` |
//! | 7 | is there rate left? | `RATE_LIMITED` |
//! | 8 | is the receiver registered? | `AGENT_NOT_FOUND` |
//! | 9 | does the receiver not block the sender? | `AGENT_BLOCKED` |
//! | 10 | does the receiver's allow list let it in? | `NOT_IN_ALLOWLIST` |
//! | 11 | would a version 1 receiver read it unaltered? | `INVALID_CONTENT` |
//! | 12 | is the conversation open? | `CONVERSATION_ENDED` |
//!
//! Types, fields and the alphabet of ids were checked when the frame was read. After the list only
//! a full mailbox can refuse a message.

use crate::types::{AgentId, ErrorCode, Message, Refusal, Timestamp};
use crate::wire::legacy;
use crate::wire::replay::MAX_CLOCK_DISTANCE;

use super::conversation::Standing;
use super::directory::Account;
use super::recent::{Seen, Stage};

/// What is known when a message is judged. A fact that was not asked for, since an earlier one
/// already refuses the message, stands as if it were favourable.
#[derive(Debug, Clone)]
pub(super) struct Facts<'a> {
    /// Who is connected, or who signed the REST call.
    pub(super) agent: &'a AgentId,
    /// The limit on content, by version 1's rule: UTF-16 units times four.
    pub(super) message_max_bytes: u64,
    /// Whether the signature holds under the session's key.
    pub(super) signature_holds: bool,
    /// When the sender signed.
    pub(super) signed_at: Timestamp,
    /// The relay's time.
    pub(super) now: Timestamp,
    /// Whether the nonce is new in this session.
    pub(super) nonce_is_new: bool,
    /// What is known of the id.
    pub(super) seen: Seen,
    /// Whether the sender has rate left for what the message is: new, or one to be judged again.
    pub(super) rate_left: bool,
    /// The receiver.
    pub(super) receiver: Receiver<'a>,
    /// How the conversation stands; open where there is none.
    pub(super) conversation: Standing,
}

/// What is known of the receiver.
#[derive(Debug, Clone, Copy)]
pub(super) enum Receiver<'a> {
    /// Nobody asked, since the message is refused already.
    Unasked,
    /// Nobody is registered under that id.
    Unknown,
    /// This account.
    Known(&'a Account),
}

/// What becomes of a message that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// It is new: it counts, and is routed.
    New,
    /// It was taken in before and found no room: it is routed, and counts no second time.
    Again,
    /// It came before, and is answered as it was then.
    Repeat(Stage),
}

/// Judges `message` by `facts`.
pub(super) fn check(message: &Message, facts: &Facts<'_>) -> Result<Passed, Refusal> {
    if !is_within(&message.content, facts.message_max_bytes) {
        let limit = facts.message_max_bytes / 4;
        let reason = format!("the content is longer than {limit} UTF-16 units");
        return Err(Refusal::new(ErrorCode::MessageTooLarge, reason));
    }
    if message.from != *facts.agent {
        return refuse(ErrorCode::Unauthorized, "`from` is not the connected agent");
    }
    if !facts.signature_holds {
        return refuse(ErrorCode::InvalidSignature, "the signature does not hold");
    }
    if facts.signed_at.distance(facts.now) > MAX_CLOCK_DISTANCE {
        let reason = "`timestamp` is more than 5 minutes off";
        return refuse(ErrorCode::TimestampExpired, reason);
    }
    if !facts.nonce_is_new {
        return refuse(ErrorCode::ReplayAttack, "the nonce was used before");
    }
    let passed = match facts.seen {
        Seen::Otherwise => {
            let reason = "another message was sent under this id";
            return refuse(ErrorCode::InvalidContent, reason);
        }
        Seen::Before(stage @ (Stage::InFlight | Stage::Queued | Stage::Sent | Stage::Rejected)) => {
            return Ok(Passed::Repeat(stage));
        }
        Seen::Before(Stage::Taken | Stage::Counted) | Seen::Never if !facts.rate_left => {
            return refuse(ErrorCode::RateLimited, "too many messages in a minute");
        }
        Seen::Before(Stage::Taken) => Passed::Again,
        Seen::Before(Stage::Counted) | Seen::Never => Passed::New,
    };
    check_receiver(message, facts.receiver)?;
    match (passed, facts.conversation) {
        (Passed::New, Standing::Ended) => {
            refuse(ErrorCode::ConversationEnded, "the conversation is over")
        }
        (passed, Standing::Open | Standing::Ended) => Ok(passed),
    }
}

fn check_receiver(message: &Message, receiver: Receiver<'_>) -> Result<(), Refusal> {
    let account = match receiver {
        Receiver::Unasked => return Ok(()),
        Receiver::Unknown => {
            return refuse(ErrorCode::AgentNotFound, "nobody has the id in `to`");
        }
        Receiver::Known(account) => account,
    };
    if account.blocked.contains(&message.from) {
        return refuse(ErrorCode::AgentBlocked, "the receiver blocks you");
    }
    if account.allowlist_enabled && !account.allowed.contains(&message.from) {
        let reason = "the receiver takes only those on its allow list";
        return refuse(ErrorCode::NotInAllowlist, reason);
    }
    if account.is_version_1() && !legacy::survives_version_1(&message.content) {
        let reason = "the receiver speaks version 1 and would alter this content: \
                      send it in NFC, without control and zero-width characters";
        return refuse(ErrorCode::InvalidContent, reason);
    }
    Ok(())
}

fn is_within(content: &str, max_bytes: u64) -> bool {
    let fits = |units: usize| units as u64 * 4 <= max_bytes;
    // UTF-8 never has fewer bytes than UTF-16 has units, so short content needs no counting.
    fits(content.len()) || fits(content.encode_utf16().count())
}

fn refuse<T>(code: ErrorCode, reason: &str) -> Result<T, Refusal> {
    Err(Refusal::new(code, reason))
}

#[cfg(test)]
mod tests;
