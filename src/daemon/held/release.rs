//! What a release means: whose hold it answers, and whether it makes the peer known. Pure; names
//! of policies are opaque here.

use crate::policy::{Hold, words};
use crate::types::Trust;

/// Who lets a held message go before the chain again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// A person, for good: a peer who asked to talk is known from now on.
    Person,
    /// A person, this message alone.
    PersonOnce,
    /// The moment that the policy named has come.
    Time,
    /// Another chain was published, after a policy had failed.
    Reload,
}

/// How sure it is who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// The relay proved it, or it is this agent.
    Proven,
    /// The relay does not prove who sends: it may be anybody.
    Claimed,
}

/// What a release means for the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acquaintance {
    /// Nothing: it was not asked about.
    AsBefore,
    /// It is known from now on.
    Known,
    /// It would be, were it sure who it is.
    StaysUnknown,
}

impl Release {
    /// The policies whose hold counts as pass from now on.
    ///
    /// All but the last in `held_by` were answered before, or the last would not have been asked;
    /// an answer stands, so two policies that both wait can never hand a message back and forth.
    pub(super) fn answered(self, hold: &Hold) -> Vec<String> {
        match self {
            Release::Person | Release::PersonOnce => hold.held_by.clone(),
            Release::Time => {
                let mut answered = answered_before(hold);
                answered.push(hold.policy.clone());
                answered
            }
            Release::Reload => answered_before(hold),
        }
    }

    /// What becomes of the peer, trusted as `level` says. Who only claims to be somebody is never
    /// known as that one: the next relay may prove who sends, and then the word would count.
    pub(super) fn introduces(self, hold: &Hold, level: Trust, author: Author) -> Acquaintance {
        let is_answer = match self {
            Release::Person => hold.code == words::CONTACT_REQUEST,
            Release::PersonOnce | Release::Time | Release::Reload => false,
        };
        match (level, author) {
            (Trust::Unknown, Author::Proven) if is_answer => Acquaintance::Known,
            (Trust::Unknown, Author::Claimed) if is_answer => Acquaintance::StaysUnknown,
            (Trust::Unknown | Trust::Blocked | Trust::Known | Trust::Owner, _) => {
                Acquaintance::AsBefore
            }
        }
    }

    /// Who it was, for the message's story.
    pub(super) fn told(self) -> &'static str {
        match self {
            Release::Person => "by the owner",
            Release::PersonOnce => "by the owner, this once",
            Release::Time => "its time has come",
            Release::Reload => "the policies were loaded anew",
        }
    }
}

fn answered_before(hold: &Hold) -> Vec<String> {
    let others = hold.held_by.iter().filter(|name| **name != hold.policy);
    others.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ReasonCode;

    fn hold(code: &str, held_by: &[&str]) -> Hold {
        Hold {
            policy: (*held_by.last().unwrap()).to_owned(),
            code: serde_json::from_value::<ReasonCode>(code.into()).unwrap(),
            reason: "for a reason".to_owned(),
            until: None,
            held_by: held_by.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn a_release_answers_the_holds_that_it_may() {
        for (release, held_by, answered) in [
            (Release::Person, vec!["a"], vec!["a"]),
            (Release::Person, vec!["a", "b", "c"], vec!["a", "b", "c"]),
            (Release::PersonOnce, vec!["a", "b"], vec!["a", "b"]),
            (Release::Time, vec!["a"], vec!["a"]),
            // What was answered stays so.
            (Release::Time, vec!["a", "b"], vec!["a", "b"]),
            // A failure is not answered by loading the policy again.
            (Release::Reload, vec!["a/policy_error"], vec![]),
            (Release::Reload, vec!["a", "a/policy_error"], vec!["a"]),
        ] {
            let hold = hold("why", &held_by);
            assert_eq!(release.answered(&hold), answered, "{release:?} {held_by:?}");
        }
    }

    #[test]
    fn only_a_persons_lasting_answer_to_a_proven_contact_request_makes_a_stranger_known() {
        let releases = [
            Release::Person,
            Release::PersonOnce,
            Release::Time,
            Release::Reload,
        ];
        for release in releases {
            for code in ["contact_request", "held_by_rule", "policy_error"] {
                for level in Trust::ALL {
                    let is_answer = release == Release::Person
                        && code == "contact_request"
                        && level == Trust::Unknown;
                    for (author, answered) in [
                        (Author::Proven, Acquaintance::Known),
                        (Author::Claimed, Acquaintance::StaysUnknown),
                    ] {
                        let expected = match is_answer {
                            true => answered,
                            false => Acquaintance::AsBefore,
                        };
                        let became = release.introduces(&hold(code, &["acl"]), level, author);
                        assert_eq!(became, expected, "{release:?} {code} {level} {author:?}");
                    }
                }
            }
        }
    }
}
