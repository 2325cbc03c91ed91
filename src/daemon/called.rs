//! Which message a person means who gives its id. Pure. An id is its author's, so several messages
//! may have it; one alone has to be in the state that is asked about.

use super::rows::RowId;
use crate::types::{AgentId, Direction};

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) direction: Direction,
    pub(super) row: RowId,
}

/// A message that has the id that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) place: Place,
    pub(super) author: AgentId,
    pub(super) state: String,
}

/// Why no message is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missed {
    /// None has this id.
    Unknown,
    /// The one that has it is in another state.
    Elsewhere(String),
    /// Those of several authors have it.
    Several(Vec<AgentId>),
}

/// The message that is meant: of those `called` so, and by `from` where an author is named, the one
/// that is in `state`.
pub(super) fn the_one(
    called: Vec<Called>,
    from: Option<&AgentId>,
    state: &str,
) -> Result<Place, Missed> {
    let meant: Vec<Called> = called
        .into_iter()
        .filter(|one| from.is_none_or(|from| one.author == *from))
        .collect();
    let fitting: Vec<&Called> = meant.iter().filter(|one| one.state == state).collect();
    match (fitting.as_slice(), meant.first()) {
        ([one], _) => Ok(one.place),
        ([], None) => Err(Missed::Unknown),
        ([], Some(other)) => Err(Missed::Elsewhere(other.state.clone())),
        (several, _) => {
            let authors = several.iter().map(|one| one.author.clone()).collect();
            Err(Missed::Several(authors))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_is_meant_or_it_is_said_why_none_is() {
        let agent = |name: &str| AgentId::new(name).unwrap();
        let place = |row| Place {
            direction: Direction::Inbound,
            row: RowId(row),
        };
        let called = |row, author, state: &str| Called {
            place: place(row),
            author: agent(author),
            state: state.to_owned(),
        };
        let elsewhere = |state: &str| Err(Missed::Elsewhere(state.to_owned()));
        for (all, from, expected) in [
            (vec![], None, Err(Missed::Unknown)),
            (vec![called(1, "1", "dead")], None, Ok(place(1))),
            (vec![called(1, "1", "sent")], None, elsewhere("sent")),
            (
                vec![called(1, "1", "dead")],
                Some("2"),
                Err(Missed::Unknown),
            ),
            (
                vec![called(1, "1", "dead"), called(2, "2", "held")],
                None,
                Ok(place(1)),
            ),
            (
                vec![called(1, "1", "dead"), called(2, "2", "held")],
                Some("2"),
                elsewhere("held"),
            ),
            (
                vec![called(1, "1", "dead"), called(2, "2", "dead")],
                None,
                Err(Missed::Several(vec![agent("1"), agent("2")])),
            ),
            (
                vec![called(1, "1", "dead"), called(2, "2", "dead")],
                Some("2"),
                Ok(place(2)),
            ),
        ] {
            let from = from.map(agent);
            let seen = the_one(all.clone(), from.as_ref(), "dead");
            assert_eq!(seen, expected, "{all:?} {from:?}");
        }
    }
}
