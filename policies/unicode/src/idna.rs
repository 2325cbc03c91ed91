//! What the processing of internationalised domain names needs: the mapping of UTS #46 with
//! normalisation, and the facts that its checks of labels ask for.

use crate::bits;
use crate::normal;
use crate::tables::{
    IDNA, IDNA_KEYS, IDNA_PLACES, IDNA_RUN_APART, IDNA_RUN_LENGTHS, IDNA_RUNS, IDNA_TEXT_ENDS,
    IDNA_TEXTS,
};

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
pub fn map(text: impl Iterator<Item = char>, ignored: Ignored) -> String {
    let mut out = String::new();
    for c in text {
        let facts = IDNA.get(c);
        if facts & bits::IDNA_DISALLOWED != 0 {
            out.push(char::REPLACEMENT_CHARACTER);
        } else if facts & bits::IDNA_IGNORED != 0 {
            if ignored == Ignored::Disallowed {
                out.push(char::REPLACEMENT_CHARACTER);
            }
        } else if facts & bits::IDNA_MAPPED != 0 {
            push_mapped(c, &mut out);
        } else {
            out.push(c);
        }
    }
    normal::compose(&out).unwrap_or(out)
}

/// Bidi_Class, as far as the rules for names that run from right to left tell it apart.
pub fn bidi_class(c: char) -> BidiClass {
    match IDNA.get(c) & bits::IDNA_BIDI {
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
    match IDNA.get(c) >> bits::IDNA_JOINING_SHIFT & 7 {
        0 => JoiningType::Transparent,
        1 => JoiningType::Left,
        2 => JoiningType::Right,
        3 => JoiningType::Dual,
        _ => JoiningType::Other,
    }
}

/// Whether General_Category is Mark.
pub fn is_mark(c: char) -> bool {
    IDNA.get(c) & bits::IDNA_MARK != 0
}

/// Whether Canonical_Combining_Class is Virama.
pub fn is_virama(c: char) -> bool {
    IDNA.get(c) & bits::IDNA_VIRAMA != 0
}

fn push_mapped(c: char, out: &mut String) {
    let code = u32::from(c);
    if let Ok(at) = IDNA_KEYS.binary_search(&code) {
        let place = usize::from(IDNA_PLACES[at]);
        let [start, end] = [IDNA_TEXT_ENDS[place], IDNA_TEXT_ENDS[place + 1]].map(usize::from);
        return out.push_str(&IDNA_TEXTS[start..end]);
    }
    let after = IDNA_RUNS.partition_point(|start| *start <= code);
    let to = after.checked_sub(1).and_then(|run| {
        let length = IDNA_RUN_LENGTHS[run];
        let (steps, by_two) = (code - IDNA_RUNS[run], length & 1 == 1);
        let inside = steps <= u32::from(length >> 1) && !(by_two && steps % 2 == 1);
        code.checked_add_signed(IDNA_RUN_APART[run])
            .filter(|_| inside)
    });
    out.push(
        to.and_then(char::from_u32)
            .unwrap_or(char::REPLACEMENT_CHARACTER),
    );
}

#[cfg(test)]
mod tests;
