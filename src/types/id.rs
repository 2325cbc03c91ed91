//! Identifiers: one newtype for each thing that is named, all of one alphabet.
//!
//! An id is 1 to 128 characters of `A-Z a-z 0-9 . _ : -`, whether we made it or took it from a
//! peer. The alphabet has no `|`, so ids can never blur the signed material, and nothing that a
//! terminal, a URL path or a log line would have to escape.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest id that is made or accepted, in characters (all of them are ASCII).
pub const MAX_ID_LEN: usize = 128;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// The text was empty.
    #[error("an id must not be empty")]
    Empty,
    /// The text was longer than [`MAX_ID_LEN`].
    #[error("an id has at most {MAX_ID_LEN} characters, this one has {0}")]
    TooLong(usize),
    /// The text held a character outside the alphabet.
    #[error("an id is made of `A-Z a-z 0-9 . _ : -`, not of {0:?}")]
    Character(char),
}

/// Says whether `text` is an id, without making one.
pub fn check_id(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if !text.bytes().all(|byte| is_id_char(char::from(byte)))
        && let Some(stranger) = text.chars().find(|c| !is_id_char(*c))
    {
        return Err(InvalidId::Character(stranger));
    }
    if text.len() > MAX_ID_LEN {
        return Err(InvalidId::TooLong(text.len()));
    }
    Ok(())
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-')
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes `text` if it is an id.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                check_id(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), &self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// An agent's address at its relay. The relay gives eight digits; any id is accepted.
    AgentId
}
id! {
    /// What the author called a message. With the author's [`AgentId`] it names one message
    /// everywhere: for repeats, acknowledgements and idempotency.
    MessageId
}
id! {
    /// A conversation, meaningful together with the two agents that hold it.
    ConversationId
}
id! {
    /// A value used once for one signature.
    Nonce
}

impl ConversationId {
    /// Whether the id is digits alone. Under version 1 such an id can be mistaken for a turn
    /// number in the signed material, so we never make one.
    pub fn is_all_digits(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_and_the_length_are_held() {
        let longest = "a".repeat(MAX_ID_LEN);
        for good in ["1", "10079218", "c.1:x-y_z", longest.as_str()] {
            assert_eq!(check_id(good), Ok(()), "{good}");
        }
        let too_long = "a".repeat(MAX_ID_LEN + 1);
        for (bad, why) in [
            ("", InvalidId::Empty),
            ("a|b", InvalidId::Character('|')),
            ("a b", InvalidId::Character(' ')),
            ("a\n", InvalidId::Character('\n')),
            ("é", InvalidId::Character('é')),
            ("../x", InvalidId::Character('/')),
            (too_long.as_str(), InvalidId::TooLong(MAX_ID_LEN + 1)),
        ] {
            assert_eq!(check_id(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn json_carries_an_id_as_text_and_refuses_what_is_none() {
        let id: AgentId = serde_json::from_str("\"10079218\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"10079218\"");
        assert!(serde_json::from_str::<AgentId>("\"a|b\"").is_err());
        assert!(serde_json::from_str::<AgentId>("7").is_err());
    }

    #[test]
    fn an_all_digit_conversation_is_told_apart() {
        assert!(ConversationId::new("5").unwrap().is_all_digits());
        assert!(!ConversationId::new("c5").unwrap().is_all_digits());
    }
}
