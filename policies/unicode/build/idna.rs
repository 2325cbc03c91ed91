//! What domain names need: the mapping of UTS #46, and what its checks ask of a character.

use std::{io, iter};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_normalizer::uts46::Uts46Mapper;
use icu_properties::CodePointMapData;
use icu_properties::props::{BidiClass, JoiningType};

use crate::bits;
use crate::pack::Lists;
use crate::write::{self, Distinct, Out};

/// The classes that the rules for names that run from right to left tell apart, in the order that
/// `idna.rs` gives them.
const BIDI_CLASSES: [BidiClass; 11] = [
    BidiClass::LeftToRight,
    BidiClass::RightToLeft,
    BidiClass::ArabicLetter,
    BidiClass::ArabicNumber,
    BidiClass::EuropeanNumber,
    BidiClass::EuropeanSeparator,
    BidiClass::CommonSeparator,
    BidiClass::EuropeanTerminator,
    BidiClass::OtherNeutral,
    BidiClass::BoundaryNeutral,
    BidiClass::NonspacingMark,
];

/// The types that the rule for joiners tells apart, in the order that `idna.rs` gives them.
const JOINING_TYPES: [JoiningType; 4] = [
    JoiningType::Transparent,
    JoiningType::LeftJoining,
    JoiningType::RightJoining,
    JoiningType::DualJoining,
];

/// Writes `idna`: the map of what the checks ask, and the mappings, as runs of characters that each
/// lie as far from what they become, and as texts for the rest.
pub(crate) fn write(out: &Out) -> io::Result<()> {
    let mapper = Uts46Mapper::new();
    let bidi = CodePointMapData::<BidiClass>::new();
    let joining = CodePointMapData::<JoiningType>::new();
    let mapped = |c: char| mapper.map_normalize(iter::once(c)).collect::<String>();

    let mut lists = Lists::default();
    write::map(&mut lists, |c| {
        let into = mapped(c);
        let facts = [
            (bits::IDNA_IGNORED, into.is_empty()),
            (bits::IDNA_DISALLOWED, into == "\u{FFFD}"),
        ];
        let class = BIDI_CLASSES.iter().position(|class| *class == bidi.get(c));
        let class = class.unwrap_or(BIDI_CLASSES.len()) as u32;
        let joins = JOINING_TYPES
            .iter()
            .position(|kind| *kind == joining.get(c));
        let joins = joins.unwrap_or(JOINING_TYPES.len()) as u32;
        let set = facts.iter().filter(|(_, holds)| *holds);
        let plain = class | joins << bits::IDNA_JOINING_SHIFT;
        set.fold(plain, |all, (bit, _)| all | bit)
    })?;
    mappings(&mut lists, mapped);
    out.write("idna", &lists)
}

/// Adds where runs start, how long they are, with whether by two steps in the lowest bit, and how
/// far they lie from what they become; then the characters that become texts, the place of the text
/// of each, where the texts end, and the texts.
fn mappings(lists: &mut Lists, mapped: impl Fn(char) -> String) {
    let compose = ComposingNormalizerBorrowed::new_nfc();
    // What normalisation does afterwards needs no mapping of its own.
    let is_mapped = |c: char, into: &str| {
        let kept = compose.normalize(c.encode_utf8(&mut [0; 4])) == into;
        !into.is_empty() && into != "\u{FFFD}" && !kept
    };
    let mut runs: Vec<Run> = Vec::new();
    let (mut keys, mut places) = (Vec::new(), Vec::new());
    let mut texts = Distinct::default();
    for c in write::characters() {
        let into = mapped(c);
        if !is_mapped(c, &into) {
            continue;
        }
        let mut parts = into.chars();
        let (Some(first), None) = (parts.next(), parts.next()) else {
            keys.push(u32::from(c));
            places.push(u32::from(texts.number(into)));
            continue;
        };
        let code = u32::from(c);
        let apart = u32::from(first).wrapping_sub(code);
        if !runs.last_mut().is_some_and(|run| run.takes(code, apart)) {
            runs.push(Run {
                start: code,
                end: code,
                step: 0,
                apart,
            });
        }
    }
    lists.sums(runs.iter().map(|run| run.start));
    lists.numbers(runs.iter().map(Run::length));
    lists.sums(runs.iter().map(|run| run.apart));
    lists.sums(keys).sums(places);
    lists.sums(write::ends(&texts.0));
    lists.sums(write::characters_of(&texts.0));
}

/// Characters one or two steps from one another, each as far from what it becomes.
struct Run {
    start: u32,
    end: u32,
    /// 0 while there is one alone.
    step: u32,
    /// Added to it, past the greatest number around to zero.
    apart: u32,
}

impl Run {
    fn length(&self) -> u32 {
        (self.end - self.start) << 1 | (self.step >> 1)
    }

    /// Takes `code` in where it goes on with this run.
    fn takes(&mut self, code: u32, apart: u32) -> bool {
        let step = code - self.end;
        let fits = apart == self.apart && (step == self.step || (self.step == 0 && step <= 2));
        if fits {
            (self.end, self.step) = (code, step);
        }
        fits
    }
}
