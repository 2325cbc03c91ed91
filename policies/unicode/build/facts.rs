//! The facts about each character that the rules ask for.

use std::io;

use icu_normalizer::properties::{CanonicalCombiningClassMap, CanonicalDecomposition, Decomposed};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{
    BidiClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic,
    GeneralCategory, GeneralCategoryGroup, HangulSyllableType, JoiningType, LineBreak, Script,
    UnifiedIdeograph,
};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::bits;
use crate::normal::seconds;
use crate::pack::Lists;
use crate::write::{self, Out};

/// Writes `facts`: one map.
pub(crate) fn write(out: &Out) -> io::Result<()> {
    let compose = ComposingNormalizerBorrowed::new_nfc();
    let decompose = CanonicalDecomposition::new();
    let ccc = CanonicalCombiningClassMap::new();
    let category = CodePointMapData::<GeneralCategory>::new();
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let emoji = CodePointSetData::new::<Emoji>();
    let tone = CodePointSetData::new::<EmojiModifier>();
    let pictograph = CodePointSetData::new::<ExtendedPictographic>();
    let ideograph = CodePointSetData::new::<UnifiedIdeograph>();
    let bidi = CodePointMapData::<BidiClass>::new();
    let joining = CodePointMapData::<JoiningType>::new();
    let line = CodePointMapData::<LineBreak>::new();
    let hangul = CodePointMapData::<HangulSyllableType>::new();
    let scripts = CodePointMapData::<Script>::new();
    let seconds = seconds();

    // What falls apart into something that joins backwards joins backwards itself.
    let apart = DecomposingNormalizerBorrowed::new_nfd();
    let first_part = |c: char| apart.normalize(c.encode_utf8(&mut [0; 4])).chars().next();

    let mut lists = Lists::default();
    write::map(&mut lists, |c| {
        let group = |group: GeneralCategoryGroup| group.contains(category.get(c));
        let letter = group(GeneralCategoryGroup::Letter);
        let mark = group(GeneralCategoryGroup::Mark);
        let digit = category.get(c) == GeneralCategory::DecimalNumber;
        let script = scripts.get(c);
        let bidi = bidi.get(c);
        let joining = joining.get(c);
        let both = joining == JoiningType::DualJoining;
        let syllable = hangul.get(c);
        let mut one = [0; 4];
        let facts = [
            (
                bits::NFC_NO,
                compose.normalize(c.encode_utf8(&mut one)) != c.to_string(),
            ),
            (
                bits::NFC_MAYBE,
                first_part(c).is_some_and(|first| seconds.contains(&first)),
            ),
            (
                bits::DECOMPOSES,
                decompose.decompose(c) != Decomposed::Default,
            ),
            (bits::MARK, mark),
            (bits::WORD, letter || mark || digit),
            (bits::FORMAT, category.get(c) == GeneralCategory::Format),
            (
                bits::CONTROL,
                category.get(c) == GeneralCategory::Control && !matches!(c, '\t' | '\n'),
            ),
            (bits::IGNORABLE, ignorable.contains(c)),
            (bits::EMOJI, emoji.contains(c)),
            (bits::SKIN_TONE, tone.contains(c)),
            (bits::PICTOGRAPH, pictograph.contains(c)),
            (bits::IDEOGRAPH, ideograph.contains(c)),
            (
                bits::RIGHT_TO_LEFT,
                matches!(bidi, BidiClass::RightToLeft | BidiClass::ArabicLetter)
                    && !ignorable.contains(c),
            ),
            (
                bits::LEFT_TO_RIGHT,
                bidi == BidiClass::LeftToRight && !ignorable.contains(c),
            ),
            (
                bits::JOINS_NEXT,
                both || joining == JoiningType::LeftJoining,
            ),
            (
                bits::JOINS_PREVIOUS,
                both || joining == JoiningType::RightJoining,
            ),
            (
                bits::TRANSPARENT,
                joining == JoiningType::Transparent && !ignorable.contains(c),
            ),
            (
                bits::UNSPACED,
                (letter || mark)
                    && line.get(c) == LineBreak::ComplexContext
                    && !ignorable.contains(c),
            ),
            (bits::MONGOLIAN, letter && script == Script::Mongolian),
            (
                bits::JAMO,
                !ignorable.contains(c)
                    && (syllable == HangulSyllableType::LeadingJamo
                        || syllable == HangulSyllableType::VowelJamo
                        || syllable == HangulSyllableType::TrailingJamo),
            ),
            (
                bits::VARIANTS,
                has_variants(c, script, category.get(c), letter),
            ),
        ];
        let set = facts.iter().filter(|(_, holds)| *holds);
        set.fold(u32::from(ccc.get_u8(c)), |all, (bit, _)| all | bit)
    })?;
    out.write("facts", &lists)
}

/// Whether standardised variation sequences with U+FE00 to U+FE0D begin with `c`: slashed zeros,
/// mathematics, script capitals, chess, East Asian punctuation, and the scripts that have forms to
/// choose from; one of Myanmar's is a vowel sign. A little wider than the list itself, which no
/// package carries.
fn has_variants(c: char, script: Script, category: GeneralCategory, letter: bool) -> bool {
    let scripts = [
        Script::Han,
        Script::Myanmar,
        Script::PhagsPa,
        Script::Manichaean,
        Script::EgyptianHieroglyphs,
    ];
    (letter && scripts.contains(&script))
        || category == GeneralCategory::MathSymbol
        || matches!(
            c,
            '0' | '０' | '\u{1031}' | '\u{2018}'..='\u{201D}' | '\u{210B}'
        )
        || matches!(c, '\u{2110}'..='\u{2133}' | '♔'..='♟' | '\u{1D49C}'..='\u{1D4B5}')
        || matches!(c, '、' | '。' | '！' | '，' | '．' | '：' | '；' | '？')
}
