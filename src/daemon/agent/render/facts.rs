//! Which notes of the host and the policies the agent reads, in which order and in which words.
//!
//! A note is known by its key, so that it reads the same whatever name a policy has in the
//! configuration; the host's own are known only where the host wrote them. What the table does not
//! name is shown as it is, after the rest. What a policy keeps for the owner, such as what a text
//! tried to smuggle in, is never read out.

use crate::policy::Annotation;

/// Who has to have written a note for its words here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    Host,
    Policy,
}

/// How a note is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// This title, then the value.
    Titled(&'static str),
    /// This line, whatever the value.
    Line(&'static str),
}

/// How the keys of notes begin that are for the owner's eyes alone.
const FOR_THE_OWNER: &str = "owner.";

use Author::{Host, Policy};
use Words::{Line, Titled};

/// Every note that has words of its own, in the order in which they are read.
const KNOWN: [(Author, &str, Words); 11] = [
    (
        Host,
        "unauthenticated_relay",
        Line("Sender: not proven; at this relay anybody can write under this id"),
    ),
    (Host, "clock_skew", Titled("Clock")),
    (
        Policy,
        "last_turn",
        Line("Last turn: this conversation takes nothing more"),
    ),
    (Policy, "turns_left", Titled("Turns left")),
    (Policy, "loop", Titled("The conversation goes in circles")),
    (
        Policy,
        "turn_mismatch",
        Titled("The sender counts other turns"),
    ),
    (Policy, "urls", Titled("URLs in the text")),
    (Policy, "url", Titled("URL, as data")),
    (Policy, "removed", Titled("Removed from the text")),
    (Policy, "found", Titled("Found in the text and left there")),
    (Policy, "confusables", Titled("Words that look like others")),
];

/// The lines for `notes`: those with words of their own in the table's order, then the others.
pub(super) fn lines(notes: &[Annotation]) -> impl Iterator<Item = String> {
    let known = KNOWN.iter().flat_map(|entry| {
        let (_, _, words) = entry;
        let notes = notes.iter().filter(|note| is(note, entry));
        notes.map(|note| words.of(note))
    });
    let others = notes
        .iter()
        .filter(|note| !note.key().starts_with(FOR_THE_OWNER))
        .filter(|note| !KNOWN.iter().any(|entry| is(note, entry)))
        .map(|note| {
            let (policy, key, value) = (note.policy(), note.key(), note.value());
            format!("Note by {policy}, {key}: {value}")
        });
    known.chain(others)
}

fn is(note: &Annotation, (author, key, _): &(Author, &str, Words)) -> bool {
    let is_host = note.policy() == Annotation::HOST;
    let wrote = match author {
        Host => is_host,
        Policy => !is_host,
    };
    wrote && note.key() == *key
}

impl Words {
    fn of(self, note: &Annotation) -> String {
        match self {
            Titled(title) => format!("{title}: {}", note.value()),
            Line(line) => line.to_owned(),
        }
    }
}
