//! What was removed from a text: how much of each class, and what hidden characters spelled.

use std::fmt;

mod payload;

use payload::Hidden;

/// What is removed, by the option that removes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// U+200D.
    Zwj,
    /// U+200C.
    Zwnj,
    /// Variation selectors.
    VariationSelectors,
    /// Tag characters.
    TagCharacters,
    /// What sets the direction of text.
    Bidi,
    /// U+200B.
    ZeroWidthSpace,
    /// Everything else that is shown as nothing.
    DefaultIgnorable,
    /// Control characters.
    Controls,
    /// Terminal escapes.
    TerminalEscapes,
    /// Marks past the limit.
    CombiningMarks,
}

const NAMES: [&str; 10] = [
    "zwj",
    "zwnj",
    "variation_selectors",
    "tag_characters",
    "bidi",
    "zero_width_space",
    "default_ignorable",
    "controls",
    "terminal_escapes",
    "max_combining_marks",
];

/// What was removed.
#[derive(Debug, Clone, Default)]
pub struct Removed {
    counts: [usize; NAMES.len()],
    hidden: Hidden,
}

impl Removed {
    /// How many characters were removed.
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// How many characters of `class` were removed.
    pub fn of(&self, class: Class) -> usize {
        self.counts[class as usize]
    }

    /// What the removed characters spelled, where they spelled something.
    pub fn payload(&self) -> Option<String> {
        self.hidden.decoded()
    }

    /// Counts `number` removed characters.
    pub(super) fn count(&mut self, class: Class, number: usize) {
        self.counts[class as usize] += number;
    }

    /// Counts one that may have been part of a payload.
    pub(super) fn hidden(&mut self, class: Class, c: char) {
        self.count(class, 1);
        self.hidden.take(c);
    }
}

/// Numbers by the names of the options: `bidi 2, zero_width_space 1`.
impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = NAMES
            .iter()
            .zip(self.counts)
            .filter(|(_, count)| *count > 0);
        for (place, (name, count)) in found.enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {count}")?;
        }
        Ok(())
    }
}
