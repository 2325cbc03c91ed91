//! What domain names need: the mapping of UTS #46, and what its checks ask of a character.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMap;
use icu_normalizer::uts46::Uts46Mapper;
use icu_properties::CodePointMapData;
use icu_properties::props::{BidiClass, GeneralCategory, GeneralCategoryGroup, JoiningType};

use crate::bits;
use crate::write::{self, Distinct};

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

/// Writes `IDNA` and the mappings: runs of characters that each lie as far from what they become,
/// and texts for the rest.
pub(crate) fn write(text: &mut String) {
    let mapper = Uts46Mapper::new();
    let category = CodePointMapData::<GeneralCategory>::new();
    let bidi = CodePointMapData::<BidiClass>::new();
    let joining = CodePointMapData::<JoiningType>::new();
    let ccc = CanonicalCombiningClassMap::new();
    let compose = ComposingNormalizerBorrowed::new_nfc();
    let mapped = |c: char| mapper.map_normalize(std::iter::once(c)).collect::<String>();

    // What normalisation does afterwards needs no mapping of its own.
    let is_mapped = |c: char, into: &str| {
        let kept = compose.normalize(c.encode_utf8(&mut [0; 4])) == into;
        !into.is_empty() && into != "\u{FFFD}" && !kept
    };

    write::map(text, "IDNA", |c| {
        let into = mapped(c);
        let facts = [
            (bits::IDNA_IGNORED, into.is_empty()),
            (bits::IDNA_DISALLOWED, into == "\u{FFFD}"),
            (bits::IDNA_MAPPED, is_mapped(c, &into)),
            (
                bits::IDNA_MARK,
                GeneralCategoryGroup::Mark.contains(category.get(c)),
            ),
            (bits::IDNA_VIRAMA, ccc.get_u8(c) == 9),
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
    });

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
            places.push(texts.number(into));
            continue;
        };
        let (code, apart) = (
            u32::from(c),
            i64::from(u32::from(first)) - i64::from(u32::from(c)),
        );
        if !runs.last_mut().is_some_and(|run| run.takes(code, apart)) {
            runs.push(Run {
                start: code,
                end: code,
                step: 0,
                apart,
            });
        }
    }
    let starts: Vec<_> = runs.iter().map(|run| run.start).collect();
    let lengths: Vec<_> = runs
        .iter()
        .map(|run| (run.end - run.start) << 1 | (run.step >> 1))
        .collect();
    let apart: Vec<_> = runs.iter().map(|run| run.apart).collect();
    write::list(text, "IDNA_RUNS", "u32", &starts);
    write::list(text, "IDNA_RUN_LENGTHS", "u16", &lengths);
    write::list(text, "IDNA_RUN_APART", "i32", &apart);
    let mut ends = vec![0];
    let mut pool = String::new();
    for one in &texts.0 {
        pool.push_str(one);
        ends.push(pool.len());
    }
    write::list(text, "IDNA_KEYS", "u32", &keys);
    write::list(text, "IDNA_PLACES", "u16", &places);
    write::list(text, "IDNA_TEXT_ENDS", "u16", &ends);
    text.push_str(&format!("pub(crate) static IDNA_TEXTS: &str = {pool:?};\n"));
}

/// Characters one or two steps from one another, each as far from what it becomes.
struct Run {
    start: u32,
    end: u32,
    /// 0 while there is one alone.
    step: u32,
    apart: i64,
}

impl Run {
    /// Takes `code` in where it goes on with this run.
    fn takes(&mut self, code: u32, apart: i64) -> bool {
        let step = code - self.end;
        let fits = apart == self.apart && (step == self.step || (self.step == 0 && step <= 2));
        if fits {
            (self.end, self.step) = (code, step);
        }
        fits
    }
}
