//! Why nothing goes to the gateway, in a word: for programs, which must not read sentences.

use serde::{Deserialize, Serialize};

/// What is in the way of every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayTrouble {
    /// The daemon was started to hand nothing over.
    NotWanted,
    /// Nothing answers.
    Away,
    /// It wants to be left alone for a while.
    Busy,
    /// It refuses the hook's token.
    Token,
    /// It has no hooks, or has them below another path.
    NoHooks,
    /// What answers is no gateway, or no hook of one.
    NoGateway,
    /// `openclaw.json` does not say what is needed.
    Settings,
}

impl GatewayTrouble {
    /// Every one of them.
    pub const ALL: [GatewayTrouble; 7] = [
        GatewayTrouble::NotWanted,
        GatewayTrouble::Away,
        GatewayTrouble::Busy,
        GatewayTrouble::Token,
        GatewayTrouble::NoHooks,
        GatewayTrouble::NoGateway,
        GatewayTrouble::Settings,
    ];

    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            GatewayTrouble::NotWanted => "not_wanted",
            GatewayTrouble::Away => "away",
            GatewayTrouble::Busy => "busy",
            GatewayTrouble::Token => "token",
            GatewayTrouble::NoHooks => "no_hooks",
            GatewayTrouble::NoGateway => "no_gateway",
            GatewayTrouble::Settings => "settings",
        }
    }

    /// Whether it lasts until a person mends it, however long the gateway is there.
    pub(in crate::daemon) fn is_lasting(self) -> bool {
        match self {
            GatewayTrouble::Away | GatewayTrouble::Busy => false,
            GatewayTrouble::NotWanted
            | GatewayTrouble::Token
            | GatewayTrouble::NoHooks
            | GatewayTrouble::NoGateway
            | GatewayTrouble::Settings => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_the_same_in_json() {
        for trouble in GatewayTrouble::ALL {
            assert_eq!(serde_json::json!(trouble), trouble.as_str());
        }
    }
}
