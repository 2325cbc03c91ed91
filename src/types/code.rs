//! The protocol's refusal codes, and a refusal as a value.
//!
//! A refusal is an expected "no" that the peer is told; it is never an error of ours.

use std::fmt;
use std::str::FromStr;

/// A code of an `error` frame, exactly as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorCode {
    /// The signature does not fit the bytes under the session's key.
    InvalidSignature,
    /// The nonce was used before.
    ReplayAttack,
    /// The time of signing is too far from the relay's clock.
    TimestampExpired,
    /// The sender, or the receiver's mailbox for that sender, has no room now.
    RateLimited,
    /// The message is larger than the relay takes.
    MessageTooLarge,
    /// The frame's `type` is not one that a client sends.
    InvalidMessageType,
    /// The frame or its content is not as the protocol says.
    InvalidContent,
    /// Nobody is registered under the receiver's id.
    AgentNotFound,
    /// The receiver blocks the sender.
    AgentBlocked,
    /// The receiver takes only those on its allow list.
    NotInAllowlist,
    /// The conversation is over for this sender.
    ConversationEnded,
    /// The sender may not do this.
    Unauthorized,
    /// The relay failed; the same message may be sent again.
    InternalError,
}

impl ErrorCode {
    /// Every code, in the protocol's order.
    pub const ALL: [ErrorCode; 13] = [
        ErrorCode::InvalidSignature,
        ErrorCode::ReplayAttack,
        ErrorCode::TimestampExpired,
        ErrorCode::RateLimited,
        ErrorCode::MessageTooLarge,
        ErrorCode::InvalidMessageType,
        ErrorCode::InvalidContent,
        ErrorCode::AgentNotFound,
        ErrorCode::AgentBlocked,
        ErrorCode::NotInAllowlist,
        ErrorCode::ConversationEnded,
        ErrorCode::Unauthorized,
        ErrorCode::InternalError,
    ];

    /// The code as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::InvalidSignature => "INVALID_SIGNATURE",
            ErrorCode::ReplayAttack => "REPLAY_ATTACK",
            ErrorCode::TimestampExpired => "TIMESTAMP_EXPIRED",
            ErrorCode::RateLimited => "RATE_LIMITED",
            ErrorCode::MessageTooLarge => "MESSAGE_TOO_LARGE",
            ErrorCode::InvalidMessageType => "INVALID_MESSAGE_TYPE",
            ErrorCode::InvalidContent => "INVALID_CONTENT",
            ErrorCode::AgentNotFound => "AGENT_NOT_FOUND",
            ErrorCode::AgentBlocked => "AGENT_BLOCKED",
            ErrorCode::NotInAllowlist => "NOT_IN_ALLOWLIST",
            ErrorCode::ConversationEnded => "CONVERSATION_ENDED",
            ErrorCode::Unauthorized => "UNAUTHORIZED",
            ErrorCode::InternalError => "INTERNAL_ERROR",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ErrorCode {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        ErrorCode::ALL
            .into_iter()
            .find(|code| code.as_str() == text)
            .ok_or(())
    }
}

/// An expected "no": the code that the peer is told, and one sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of no it is.
    pub code: ErrorCode,
    /// One clear sentence; it never quotes content, keys or signatures.
    pub reason: String,
}

impl Refusal {
    /// A refusal with `code`, said in `reason`.
    pub fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_itself() {
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
        }
        assert_eq!("invalid_signature".parse::<ErrorCode>(), Err(()));
    }
}
