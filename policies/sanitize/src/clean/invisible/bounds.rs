//! How much of what is shown as nothing a text may keep where writing needs some.
//!
//! Each kind may stand [`AT_ONCE`] times anywhere, and once more for as many letters as the densest
//! writing has between two of it. Where more stand together they are bits and not writing, and the
//! text loses all of that kind: what it spelled with some of them is not left in the others. It is
//! counted before anything goes, so that removing never brings a text over a bound.

use unicode::Facts;

use super::around::first;

/// How many of a kind may stand together: two bytes, if each is a bit.
const AT_ONCE: usize = 16;

/// How many different selectors the ideographs of a text may have. Which one stands is a choice among
/// the registered shapes of one ideograph, and few have more than four.
const SELECTORS: usize = 4;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// U+200C and U+200D, but between emoji.
    Joiner,
    /// Variation selectors on ideographs.
    Ideograph,
    /// Variation selectors on anything else, but U+FE0F where it makes an emoji.
    Selector,
    /// Marks of direction.
    Direction,
    /// U+200B.
    Space,
    /// What Mongolian needs, and U+034F.
    Order,
}

const KINDS: usize = 6;

impl Kind {
    /// The kind of `c` after `last`, the last that is shown, and before `behind`, where it is counted.
    pub(super) fn of(c: char, last: Facts, behind: &str) -> Option<Self> {
        match c {
            '\u{200D}' if joins_emoji(last) && first(behind).is_pictograph() => None,
            '\u{200C}' | '\u{200D}' => Some(Self::Joiner),
            '\u{E0100}'..='\u{E01EF}' => Some(Self::Ideograph),
            '\u{FE00}'..='\u{FE0D}' if last.is_ideograph() => Some(Self::Ideograph),
            '\u{FE0F}' if last.is_pictograph() || behind.starts_with('\u{20E3}') => None,
            '\u{FE00}'..='\u{FE0F}' => Some(Self::Selector),
            '\u{200E}' | '\u{200F}' | '\u{61C}' => Some(Self::Direction),
            '\u{200B}' => Some(Self::Space),
            '\u{180B}'..='\u{180F}' | '\u{34F}' => Some(Self::Order),
            _ => None,
        }
    }

    /// How many letters, marks and digits the densest writing has for each.
    fn letters(self) -> usize {
        match self {
            // Persian names of letters, as in `سی‌دی‌ها`, have two for six. Kurdish that writes
            // U+0647 U+200C for E has two for four in many a word, one for five in a sentence.
            Self::Joiner => 3,
            // Names have one for two or three, but they stand in other text.
            Self::Ideograph => 8,
            // Arabic dates as CLDR writes them have two marks for six digits, and words of Thai and
            // Khmer two letters at least; variants and Mongolian selectors stand further apart.
            Self::Selector | Self::Direction | Self::Space | Self::Order => 2,
        }
    }
}

/// The kinds of which a text has more than writing has.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Excess([bool; KINDS]);

impl Excess {
    /// Looks through `text` once.
    pub(super) fn of(text: &str) -> Self {
        let mut excess = Self::default();
        // As many letters as all of a kind so far need; at least those that were read.
        let mut needed = [0; KINDS];
        let mut selectors = Selectors::default();
        let mut read = 0;
        let mut last = Facts::of(' ');
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            let facts = Facts::of(c);
            if !facts.is_ignorable() {
                read += usize::from(facts.is_word());
                last = facts;
                continue;
            }
            let Some(kind) = Kind::of(c, last, characters.as_str()) else {
                continue;
            };
            let needed = &mut needed[kind as usize];
            *needed = read.max(*needed) + kind.letters();
            let too_close = *needed > read + AT_ONCE * kind.letters();
            let too_many = kind == Kind::Ideograph && selectors.are_too_many_with(c);
            excess.0[kind as usize] |= too_close || too_many;
        }
        excess
    }

    /// Whether the text has too much of `kind`.
    pub(super) fn has(self, kind: Kind) -> bool {
        self.0[kind as usize]
    }
}

/// The different selectors on ideographs so far.
#[derive(Debug, Default)]
struct Selectors {
    seen: [char; SELECTORS],
    count: usize,
}

impl Selectors {
    fn are_too_many_with(&mut self, c: char) -> bool {
        if self.seen[..self.count].contains(&c) {
            return false;
        }
        let Some(free) = self.seen.get_mut(self.count) else {
            return true;
        };
        *free = c;
        self.count += 1;
        false
    }
}

/// Whether U+200D after `last` may join emoji.
fn joins_emoji(last: Facts) -> bool {
    last.is_pictograph() || last.is_skin_tone()
}

#[cfg(test)]
mod tests;
