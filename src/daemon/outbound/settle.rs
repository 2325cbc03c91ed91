//! What the relay's word does to a message: a pure table.

use std::str::FromStr;
use std::time::Duration;

use crate::daemon::backoff::{Backoff, Chance, Jitter};
use crate::types::ErrorCode;
use crate::wire::frame::Status;

/// How long a message that is refused for now waits before it goes again.
const WAITS: Backoff = Backoff {
    first: Duration::from_secs(5),
    most: Duration::from_secs(10 * 60),
    chance: Chance::Half,
};

/// What the relay said about a message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Said {
    /// A status, and a word on why.
    Status(Status, Option<String>),
    /// An error by its code, and the relay's sentence.
    Error(Result<ErrorCode, String>, String),
    /// The conversation ended, which settles an `end` on a version 1 relay.
    Ended,
    /// Nothing, for too long.
    Nothing,
    /// Nothing before the connection went.
    Gone,
}

/// A word of the relay that is not its last on a message. What is to happen once is told by it from
/// what happened before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum Word {
    /// An error after which the message goes again.
    Code(ErrorCode),
    /// None.
    Silence,
}

/// What is known of a message's attempts so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Attempts {
    /// How many came to no final word.
    pub(in crate::daemon) count: u32,
    /// What the relay said to the last of them.
    pub(in crate::daemon) last: Option<Word>,
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
    /// It goes again.
    Again(Again),
}

/// How a message goes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Again {
    /// After how long.
    pub(in crate::daemon) after: Duration,
    /// Whether on a new connection, which also reads the relay's clock anew.
    pub(in crate::daemon) reconnect: bool,
    /// What the relay said; none where the connection went before it could.
    pub(in crate::daemon) word: Option<Word>,
    /// Whether this attempt may have reached the receiver.
    pub(in crate::daemon) may_repeat: bool,
    /// Why, for a person.
    pub(in crate::daemon) why: String,
}

/// What becomes of a message of which the relay said `said`, after those `attempts` before this
/// one.
pub(in crate::daemon) fn settlement(said: Said, attempts: Attempts, jitter: Jitter) -> Settlement {
    match said {
        Said::Status(Status::Sent, _) | Said::Ended => Settlement::Sent,
        Said::Status(Status::Queued, _) => Settlement::AtRelay,
        Said::Status(Status::Rejected, note) => {
            let note = note.unwrap_or_else(|| "not_accepted".to_owned());
            Settlement::Refused(format!("the receiver refused it: {note}"))
        }
        Said::Nothing => Settlement::Again(Again {
            after: wait_unless_first(Word::Silence, attempts, jitter),
            reconnect: false,
            word: Some(Word::Silence),
            may_repeat: true,
            why: "the relay gave no answer".to_owned(),
        }),
        Said::Gone => Settlement::Again(Again {
            after: Duration::ZERO,
            reconnect: false,
            word: None,
            may_repeat: true,
            why: "the connection went before the relay answered".to_owned(),
        }),
        Said::Error(Err(unknown), sentence) => {
            Settlement::Refused(format!("the relay refused it ({unknown}): {sentence}"))
        }
        Said::Error(Ok(code), sentence) => refused(code, &sentence, attempts, jitter),
    }
}

fn refused(code: ErrorCode, sentence: &str, attempts: Attempts, jitter: Jitter) -> Settlement {
    let why = format!("the relay refused it ({code}): {sentence}");
    let is_first = attempts.last != Some(Word::Code(code));
    let again = |after, reconnect, why| {
        Settlement::Again(Again {
            after,
            reconnect,
            word: Some(Word::Code(code)),
            may_repeat: false,
            why,
        })
    };
    match code {
        ErrorCode::RateLimited | ErrorCode::InternalError => {
            again(wait(attempts.count, jitter), false, why)
        }
        // The next signing has another nonce.
        ErrorCode::ReplayAttack => {
            let after = wait_unless_first(Word::Code(code), attempts, jitter);
            again(after, false, why)
        }
        ErrorCode::TimestampExpired => {
            let after = wait_unless_first(Word::Code(code), attempts, jitter);
            again(after, is_first, why)
        }
        ErrorCode::InvalidSignature if is_first => again(Duration::ZERO, true, why),
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

/// A message goes again at once, once; where the relay says the same again, it waits.
fn wait_unless_first(word: Word, attempts: Attempts, jitter: Jitter) -> Duration {
    if attempts.last == Some(word) {
        wait(attempts.count, jitter)
    } else {
        Duration::ZERO
    }
}

/// The wait after `attempts` and this one.
fn wait(attempts: u32, jitter: Jitter) -> Duration {
    WAITS.after(attempts.saturating_add(1), jitter)
}

impl Word {
    /// The word in the database.
    pub(in crate::daemon) fn as_str(self) -> &'static str {
        match self {
            Word::Code(code) => code.as_str(),
            Word::Silence => "silence",
        }
    }
}

impl FromStr for Word {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "silence" => Ok(Word::Silence),
            code => code.parse().map(Word::Code),
        }
    }
}

#[cfg(test)]
#[path = "settle/tests.rs"]
mod tests;
