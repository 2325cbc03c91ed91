//! What the processing of internationalised domain names needs: the mapping of UTS #46 with
//! normalisation, and the facts that its checks of labels ask for.

use std::sync::LazyLock;

use crate::bits;
use crate::facts::Facts;
use crate::normal;
use crate::packed::packed;
use crate::texts::Texts;
use crate::trie::Trie;

/// What the checks ask of each character, and what is mapped to something else.
struct Idna {
    facts: Trie,
    /// Where runs of characters start that each lie as far from what they become.
    runs: Vec<u32>,
    /// How long each is, with whether it goes by two steps in the lowest bit.
    lengths: Vec<u32>,
    /// How far, past the greatest number around to zero.
    apart: Vec<u32>,
    /// What the others become.
    texts: Texts,
}

static IDNA: LazyLock<Idna> = LazyLock::new(|| {
    let mut lists = packed!("idna").open();
    Idna {
        facts: Trie::of(&mut lists),
        runs: lists.sums(),
        lengths: lists.numbers(),
        apart: lists.sums(),
        texts: Texts::of(&mut lists),
    }
});

/// What becomes of a character that is mapped to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// It is left out: in a name as somebody wrote it.
    LeftOut,
    /// It counts as not allowed: in a label that was decoded.
    Disallowed,
}

/// Bidi_Class, as far as the rules for names that run from right to left tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BidiClass {
    LeftToRight,
    RightToLeft,
    ArabicLetter,
    ArabicNumber,
    EuropeanNumber,
    EuropeanSeparator,
    CommonSeparator,
    EuropeanTerminator,
    OtherNeutral,
    BoundaryNeutral,
    NonspacingMark,
    Other,
}

/// Joining_Type, as far as the rule for joiners tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoiningType {
    Transparent,
    Left,
    Right,
    Dual,
    Other,
}

/// Maps and normalises `text`; what is not allowed becomes U+FFFD.
pub fn map(text: &mut dyn Iterator<Item = char>, ignored: Ignored) -> String {
    let mut out = String::new();
    for c in text {
        let facts = IDNA.facts.get(c);
        if facts & bits::IDNA_DISALLOWED != 0 {
            out.push(char::REPLACEMENT_CHARACTER);
        } else if facts & bits::IDNA_IGNORED != 0 {
            if ignored == Ignored::Disallowed {
                out.push(char::REPLACEMENT_CHARACTER);
            }
        } else if !IDNA.texts.push(c, &mut out) {
            out.push(IDNA.in_run(c).unwrap_or(c));
        }
    }
    normal::compose(&out).unwrap_or(out)
}

/// Bidi_Class, as far as the rules for names that run from right to left tell it apart.
pub fn bidi_class(c: char) -> BidiClass {
    match IDNA.facts.get(c) & bits::IDNA_BIDI {
        0 => BidiClass::LeftToRight,
        1 => BidiClass::RightToLeft,
        2 => BidiClass::ArabicLetter,
        3 => BidiClass::ArabicNumber,
        4 => BidiClass::EuropeanNumber,
        5 => BidiClass::EuropeanSeparator,
        6 => BidiClass::CommonSeparator,
        7 => BidiClass::EuropeanTerminator,
        8 => BidiClass::OtherNeutral,
        9 => BidiClass::BoundaryNeutral,
        10 => BidiClass::NonspacingMark,
        _ => BidiClass::Other,
    }
}

/// Joining_Type, as far as the rule for joiners tells it apart.
pub fn joining_type(c: char) -> JoiningType {
    match IDNA.facts.get(c) >> bits::IDNA_JOINING_SHIFT & 7 {
        0 => JoiningType::Transparent,
        1 => JoiningType::Left,
        2 => JoiningType::Right,
        3 => JoiningType::Dual,
        _ => JoiningType::Other,
    }
}

/// Whether General_Category is Mark.
pub fn is_mark(c: char) -> bool {
    Facts::of(c).is_mark()
}

/// Whether Canonical_Combining_Class is Virama.
pub fn is_virama(c: char) -> bool {
    Facts::of(c).is_virama()
}

impl Idna {
    /// What `c` becomes, where it stands in a run.
    fn in_run(&self, c: char) -> Option<char> {
        let code = u32::from(c);
        let run = self.runs.partition_point(|start| *start <= code);
        let run = run.checked_sub(1)?;
        let length = self.lengths[run];
        let (steps, by_two) = (code - self.runs[run], length & 1 == 1);
        let inside = steps <= length >> 1 && !(by_two && steps % 2 == 1);
        let to = code.wrapping_add(self.apart[run]);
        char::from_u32(to).filter(|_| inside)
    }
}

#[cfg(test)]
mod tests;
