//! What the relay's word does to a message: a pure table.

use std::time::Duration;

use crate::types::ErrorCode;
use crate::wire::frame::Status;

/// The most that a message refused for now waits before it goes again.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

/// What the relay said about a message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Said {
    /// A status, and a word on why.
    Status(Status, Option<String>),
    /// An error by its code, and the relay's sentence.
    Error(Result<ErrorCode, String>, String),
    /// The conversation ended, which settles an `end` on a version 1 relay.
    Ended,
    /// Nothing, for too long, or the connection went.
    Nothing,
}

/// What becomes of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Settlement {
    /// The receiver has it.
    Sent,
    /// The relay keeps it for the receiver.
    AtRelay,
    /// It is refused for good, and why.
    Refused(String),
    /// The conversation is over for us: refused, and the conversation is closed.
    ConversationEnded(String),
    /// It goes again after a while.
    Later(Duration, String),
    /// It goes again on a new connection.
    Reconnect(String),
    /// The relay's clock is to be read again first.
    ReadClock(String),
}

/// What becomes of a message of which the relay said `said`, after `attempts` attempts without a
/// final word. `jitter` is a random number from 0 to 1.
pub(in crate::daemon) fn settlement(said: Said, attempts: u32, jitter: f64) -> Settlement {
    match said {
        Said::Status(Status::Sent, _) | Said::Ended => Settlement::Sent,
        Said::Status(Status::Queued, _) => Settlement::AtRelay,
        Said::Status(Status::Rejected, note) => {
            let note = note.unwrap_or_else(|| "not_accepted".to_owned());
            Settlement::Refused(format!("the receiver refused it: {note}"))
        }
        Said::Nothing => Settlement::Later(Duration::ZERO, "the relay gave no answer".to_owned()),
        Said::Error(Err(unknown), sentence) => {
            Settlement::Refused(format!("the relay refused it ({unknown}): {sentence}"))
        }
        Said::Error(Ok(code), sentence) => refused(code, &sentence, attempts, jitter),
    }
}

fn refused(code: ErrorCode, sentence: &str, attempts: u32, jitter: f64) -> Settlement {
    let why = format!("the relay refused it ({code}): {sentence}");
    match code {
        ErrorCode::RateLimited | ErrorCode::InternalError => {
            Settlement::Later(wait(attempts, jitter), why)
        }
        // The next signing has another nonce.
        ErrorCode::ReplayAttack => Settlement::Later(Duration::ZERO, why),
        ErrorCode::TimestampExpired if attempts < 2 => Settlement::ReadClock(why),
        ErrorCode::TimestampExpired => Settlement::Later(wait(attempts, jitter), why),
        ErrorCode::InvalidSignature if attempts < 2 => Settlement::Reconnect(why),
        ErrorCode::ConversationEnded => Settlement::ConversationEnded(why),
        ErrorCode::InvalidSignature
        | ErrorCode::MessageTooLarge
        | ErrorCode::InvalidMessageType
        | ErrorCode::InvalidContent
        | ErrorCode::AgentNotFound
        | ErrorCode::AgentBlocked
        | ErrorCode::NotInAllowlist
        | ErrorCode::Unauthorized => Settlement::Refused(why),
    }
}

/// Doubles from 5 seconds with each attempt, less up to half of it by chance.
fn wait(attempts: u32, jitter: f64) -> Duration {
    let base = Duration::from_secs(5) * 2u32.saturating_pow(attempts.min(10));
    base.min(LONGEST_WAIT)
        .mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_the_relay_has_its_settlement() {
        use ErrorCode::*;
        let error = |code| Said::Error(Ok(code), "so".to_owned());
        let settled = |said, attempts| settlement(said, attempts, 1.0);
        let word = |s: &Settlement| match s {
            Settlement::Sent => "sent",
            Settlement::AtRelay => "at_relay",
            Settlement::Refused(_) => "refused",
            Settlement::ConversationEnded(_) => "ended",
            Settlement::Later(after, _) if after.is_zero() => "now",
            Settlement::Later(..) => "later",
            Settlement::Reconnect(_) => "reconnect",
            Settlement::ReadClock(_) => "read clock",
        };
        let cases = [
            (Said::Status(Status::Sent, None), 1, "sent"),
            (Said::Status(Status::Queued, None), 1, "at_relay"),
            (Said::Status(Status::Rejected, None), 1, "refused"),
            (Said::Ended, 1, "sent"),
            (Said::Nothing, 1, "now"),
            (error(RateLimited), 1, "later"),
            (error(InternalError), 9, "later"),
            (error(ReplayAttack), 1, "now"),
            (error(TimestampExpired), 1, "read clock"),
            (error(TimestampExpired), 2, "later"),
            (error(InvalidSignature), 1, "reconnect"),
            (error(InvalidSignature), 2, "refused"),
            (error(ConversationEnded), 1, "ended"),
            (error(MessageTooLarge), 1, "refused"),
            (error(InvalidMessageType), 1, "refused"),
            (error(InvalidContent), 1, "refused"),
            (error(AgentNotFound), 1, "refused"),
            (error(AgentBlocked), 1, "refused"),
            (error(NotInAllowlist), 1, "refused"),
            (error(Unauthorized), 1, "refused"),
            (
                Said::Error(Err("LATER".to_owned()), String::new()),
                1,
                "refused",
            ),
        ];
        for (said, attempts, expected) in cases {
            let settlement = settled(said.clone(), attempts);
            assert_eq!(word(&settlement), expected, "{said:?} after {attempts}");
        }
    }

    #[test]
    fn waiting_grows_and_is_bounded() {
        assert_eq!(wait(0, 0.0), Duration::from_millis(2500));
        assert_eq!(wait(0, 1.0), Duration::from_secs(5));
        assert_eq!(wait(1, 1.0), Duration::from_secs(10));
        assert_eq!(wait(u32::MAX, 1.0), LONGEST_WAIT);
    }
}
