//! What a policy may say, in our own types: verdicts, reason codes, annotations.
//!
//! Owns the bounds of everything a module hands back. A value of one of these types has been
//! checked; what breaks a bound is `Nonsense`, which the chain treats as the policy's failure.
//! Text that people or agents will read is made visible: a module cannot hide or reorder anything.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::Timestamp;
pub(crate) use crate::types::text::visible;

/// The most annotations one policy may put on a message.
pub const MAX_ANNOTATIONS: usize = 32;
/// The longest key of an annotation and the longest reason code, in bytes.
pub const MAX_WORD_LEN: usize = 64;
/// The longest value of an annotation, in bytes: room for one long URL and its flags.
pub const MAX_ANNOTATION_VALUE_LEN: usize = 4 * 1024;
/// The longest reason, in bytes: a sentence or two.
pub const MAX_REASON_LEN: usize = 1024;

/// Reason codes that the host understands or gives.
pub mod words {
    /// Reject: the conversation's turns are used up; the host drafts one `end`.
    pub const TURN_LIMIT: &str = "turn_limit";
    /// Reject: too many messages; carries the time after which to try again.
    pub const RATE_LIMITED: &str = "rate_limited";
    /// Hold: a stranger asks to talk; its release makes the peer known.
    pub const CONTACT_REQUEST: &str = "contact_request";
    /// Reject: all that a refused sender is ever told.
    pub const NOT_ACCEPTED: &str = "not_accepted";
    /// Given by the host alone: the policy trapped, ran too long or answered nonsense.
    pub const POLICY_ERROR: &str = "policy_error";
}

/// What one policy decided about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) annotations: Vec<Annotation>,
}

/// One policy's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The message goes on as it is.
    Pass,
    /// The message goes on with this content.
    Rewrite(String),
    /// The message is refused.
    Reject {
        code: ReasonCode,
        reason: String,
        retry_after_ms: Option<u64>,
    },
    /// The message waits for a person, or until a moment.
    Hold {
        code: ReasonCode,
        reason: String,
        until: Option<Timestamp>,
    },
}

/// What a module handed back breaks the interface.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Nonsense {
    #[error("{0} annotations, at most {MAX_ANNOTATIONS} are taken")]
    TooManyAnnotations(usize),
    #[error("an annotation's value of {0} bytes, at most {MAX_ANNOTATION_VALUE_LEN} are taken")]
    LongValue(usize),
    #[error("a reason of {0} bytes, at most {MAX_REASON_LEN} are taken")]
    LongReason(usize),
    #[error("{what} `{word}` is not 1 to {MAX_WORD_LEN} of `a-z 0-9 _ - .` with a letter first")]
    Word { what: &'static str, word: String },
    #[error("the code `policy_error` is the host's own")]
    HostsCode,
    #[error("a rewrite of {got} bytes, at most {most} are taken")]
    LongRewrite { got: usize, most: usize },
    #[error("a rewrite of a message of kind `{0}`, which is no text")]
    RewriteOfNoText(crate::types::Kind),
}

/// The word that says why a message was rejected or held.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReasonCode(Cow<'static, str>);

impl ReasonCode {
    /// The host's own code for a policy that failed.
    pub const POLICY_ERROR: ReasonCode = ReasonCode(Cow::Borrowed(words::POLICY_ERROR));
    /// The peer is not to be heard, and learns no more than that.
    pub(crate) const NOT_ACCEPTED: ReasonCode = ReasonCode(Cow::Borrowed(words::NOT_ACCEPTED));

    /// Takes a module's word.
    pub(crate) fn new(word: String) -> Result<Self, Nonsense> {
        if word == words::POLICY_ERROR {
            return Err(Nonsense::HostsCode);
        }
        check_word("the code", &word)?;
        Ok(Self(Cow::Owned(word)))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReasonCode({})", self.0)
    }
}

impl PartialEq<str> for ReasonCode {
    fn eq(&self, word: &str) -> bool {
        self.0 == word
    }
}

impl PartialEq<&str> for ReasonCode {
    fn eq(&self, word: &&str) -> bool {
        self.0 == *word
    }
}

/// One fact about a message, put there by the host or by a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    policy: Cow<'static, str>,
    key: Cow<'static, str>,
    value: String,
}

impl Annotation {
    /// The name under which the host's own annotations stand; no policy can have it.
    pub const HOST: &'static str = "host";

    /// An annotation of the host's own.
    pub fn host(key: &'static str, value: &str) -> Self {
        Self {
            policy: Cow::Borrowed(Self::HOST),
            key: Cow::Borrowed(key),
            value: visible(value),
        }
    }

    /// Takes what the module of `policy` wrote.
    pub(crate) fn new(policy: &str, key: String, value: &str) -> Result<Self, Nonsense> {
        check_word("the annotation key", &key)?;
        if value.len() > MAX_ANNOTATION_VALUE_LEN {
            return Err(Nonsense::LongValue(value.len()));
        }
        Ok(Self {
            policy: Cow::Owned(policy.to_owned()),
            key: Cow::Owned(key),
            value: visible(value),
        })
    }

    /// Who put it there: a policy's name, or [`Annotation::HOST`].
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// What it is about.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it says; every character of it can be seen.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Takes a module's reason for a person to read.
pub(crate) fn reason(text: &str) -> Result<String, Nonsense> {
    if text.len() > MAX_REASON_LEN {
        return Err(Nonsense::LongReason(text.len()));
    }
    Ok(visible(text))
}

fn check_word(what: &'static str, word: &str) -> Result<(), Nonsense> {
    let letter_first = word.starts_with(|c: char| c.is_ascii_lowercase());
    let in_alphabet = word
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
    if letter_first && in_alphabet && word.len() <= MAX_WORD_LEN {
        return Ok(());
    }
    let shown: String = word.chars().take(MAX_WORD_LEN).collect();
    Err(Nonsense::Word {
        what,
        word: visible(&shown),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is_unless_it_hides_something() {
        for plain in ["", "two words", "naïve 漢字 مرحبا 👍", "a:b/c\"d\""] {
            assert_eq!(visible(plain), plain);
        }
        for (hidden, shown) in [
            ("a\nb", "a\\u{a}b"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("x\u{202e}y", "x\\u{202e}y"),
            ("\u{200b}\u{feff}", "\\u{200b}\\u{feff}"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(visible(hidden), shown);
        }
    }

    #[test]
    fn words_keep_their_alphabet_and_length() {
        let longest = "a".repeat(MAX_WORD_LEN);
        for good in ["turn_limit", "a", "url.host-2", longest.as_str()] {
            assert_eq!(ReasonCode::new(good.to_owned()).unwrap(), good);
        }
        let long = "a".repeat(MAX_WORD_LEN + 1);
        for bad in ["", "A", "1a", "_a", "a b", "a\n", "é", long.as_str()] {
            assert!(ReasonCode::new(bad.to_owned()).is_err(), "{bad:?}");
            assert!(
                Annotation::new("p", bad.to_owned(), "v").is_err(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn the_hosts_own_code_is_not_a_modules() {
        let taken = ReasonCode::new("policy_error".to_owned());
        assert_eq!(taken, Err(Nonsense::HostsCode));
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(reason(&"r".repeat(MAX_REASON_LEN)).is_ok());
        assert!(reason(&"r".repeat(MAX_REASON_LEN + 1)).is_err());
        let value = "v".repeat(MAX_ANNOTATION_VALUE_LEN + 1);
        let refused = Annotation::new("p", "k".to_owned(), &value);
        assert_eq!(refused, Err(Nonsense::LongValue(value.len())));
    }
}
