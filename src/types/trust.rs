//! How far this agent trusts a peer: said by its owner, never by anything a message contains.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A level of trust, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Nothing from this peer is taken, nothing goes to it.
    Blocked,
    /// Nobody has said anything about this peer.
    Unknown,
    /// The owner knows this peer.
    Known,
    /// The peer is the owner's own.
    Owner,
}

impl Trust {
    /// Every level, lowest first.
    pub const ALL: [Trust; 4] = [Trust::Blocked, Trust::Unknown, Trust::Known, Trust::Owner];

    /// The word in the API, the command line and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Trust::Blocked => "blocked",
            Trust::Unknown => "unknown",
            Trust::Known => "known",
            Trust::Owner => "owner",
        }
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no level of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a level of trust is `blocked`, `unknown`, `known` or `owner`")]
pub struct InvalidTrust;

impl FromStr for Trust {
    type Err = InvalidTrust;
    fn from_str(text: &str) -> Result<Self, InvalidTrust> {
        Trust::ALL
            .into_iter()
            .find(|trust| trust.as_str() == text)
            .ok_or(InvalidTrust)
    }
}
