//! The canonical mappings: what a character falls apart into, and what joins to one.

use std::collections::HashSet;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::{CanonicalComposition, CanonicalDecomposition, Decomposed};

use crate::write;

/// Hangul syllables are computed, not listed.
fn is_syllable(c: char) -> bool {
    matches!(c, '가'..='힣')
}

/// The pairs that join: first, second, both.
fn pairs() -> Vec<(char, char, char)> {
    let decompose = CanonicalDecomposition::new();
    let compose = CanonicalComposition::new();
    let mut pairs = Vec::new();
    for both in write::characters().filter(|c| !is_syllable(*c)) {
        if let Decomposed::Expansion(first, second) = decompose.decompose(both)
            && compose.compose(first, second) == Some(both)
        {
            pairs.push((first, second, both));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// The characters that may join what stands before them, vowel and trailing jamo among them.
pub(crate) fn seconds() -> HashSet<char> {
    let listed = pairs().into_iter().map(|(_, second, _)| second);
    let jamo = ('\u{1161}'..='\u{1175}').chain('\u{11A8}'..='\u{11C2}');
    listed.chain(jamo).collect()
}

/// Writes the pairs and the whole decompositions, what lies in the first plane apart from the rest.
pub(crate) fn write(text: &mut String) {
    let (near, far): (Vec<_>, Vec<_>) = pairs()
        .into_iter()
        .partition(|(first, second, both)| [first, second, both].iter().all(|c| **c <= '\u{FFFF}'));
    let both = |pairs: &[(char, char, char)]| -> Vec<u32> {
        pairs.iter().map(|(_, _, both)| u32::from(*both)).collect()
    };
    let keys: Vec<u32> = near
        .iter()
        .map(|(first, second, _)| u32::from(*first) << 16 | u32::from(*second))
        .collect();
    write::list(text, "PAIRS", "u32", &keys);
    write::list(text, "PAIRED", "u16", &both(&near));
    let keys: Vec<u64> = far
        .iter()
        .map(|(first, second, _)| u64::from(*first) << 32 | u64::from(*second))
        .collect();
    write::list(text, "FAR_PAIRS", "u64", &keys);
    write::list(text, "FAR_PAIRED", "u32", &both(&far));

    let decompose = CanonicalDecomposition::new();
    let whole = DecomposingNormalizerBorrowed::new_nfd();
    let (mut near, mut far, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut near_ends, mut far_ends, mut far_parts) = (vec![0], vec![0], Vec::new());
    for c in write::characters().filter(|c| !is_syllable(*c)) {
        if decompose.decompose(c) == Decomposed::Default {
            continue;
        }
        let into: Vec<u32> = whole
            .normalize(&c.to_string())
            .chars()
            .map(u32::from)
            .collect();
        if c <= '\u{FFFF}' && into.iter().all(|part| *part <= 0xFFFF) {
            near.push(u32::from(c));
            parts.extend(into);
            near_ends.push(parts.len());
        } else {
            far.push(u32::from(c));
            far_parts.extend(into);
            far_ends.push(far_parts.len());
        }
    }
    write::list(text, "WHOLES", "u16", &near);
    write::list(text, "WHOLE_ENDS", "u16", &near_ends);
    write::list(text, "PARTS", "u16", &parts);
    write::list(text, "FAR_WHOLES", "u32", &far);
    write::list(text, "FAR_WHOLE_ENDS", "u16", &far_ends);
    write::list(text, "FAR_PARTS", "u32", &far_parts);
}
