//! Removes control characters.

use unicode::Facts;

use super::removed::{Class, Removed};

/// The text without control characters, or nothing where it has none. What may end a line is none
/// here: where it does not belong, the step for lines has taken it.
pub(super) fn strip(text: &str, removed: &mut Removed) -> Option<String> {
    let stays = |c: &char| *c == '\r' || !Facts::of(*c).is_control();
    let gone = text.chars().filter(|c| !stays(c)).count();
    removed.count(Class::Controls, gone);
    (gone > 0).then(|| text.chars().filter(stays).collect())
}
