//! Limits how many marks one character carries.

use unicode::Facts;

use super::removed::{Class, Removed};

/// The text with at most `most` marks in a row, or nothing where no character has more.
pub(super) fn limit(text: &str, most: usize, removed: &mut Removed) -> Option<String> {
    let mut marks = 0;
    let mut kept = String::with_capacity(text.len());
    let mut gone = 0;
    for c in text.chars() {
        marks = if !c.is_ascii() && Facts::of(c).is_mark() {
            marks + 1
        } else {
            0
        };
        if marks > most {
            gone += 1;
        } else {
            kept.push(c);
        }
    }
    removed.count(Class::CombiningMarks, gone);
    (gone > 0).then_some(kept)
}
