//! The canonical mappings: what a character falls apart into, and what joins to one.

use std::collections::HashSet;
use std::io;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::{CanonicalComposition, CanonicalDecomposition, Decomposed};

use crate::pack::Lists;
use crate::write::{self, Out};

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

/// Writes `normal`: the pairs as three lists, then what falls apart, as the characters, the first
/// part of each, where its others end, and these.
pub(crate) fn write(out: &Out) -> io::Result<()> {
    let pairs = pairs();
    let mut lists = Lists::default();
    lists.sums(pairs.iter().map(|(first, _, _)| u32::from(*first)));
    lists.sums(pairs.iter().map(|(_, second, _)| u32::from(*second)));
    lists.sums(pairs.iter().map(|(_, _, both)| u32::from(*both)));

    let decompose = CanonicalDecomposition::new();
    let apart = DecomposingNormalizerBorrowed::new_nfd();
    let (mut wholes, mut firsts, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let mut ends = vec![0];
    for c in write::characters().filter(|c| !is_syllable(*c)) {
        if decompose.decompose(c) == Decomposed::Default {
            continue;
        }
        let into = apart.normalize(c.encode_utf8(&mut [0; 4])).into_owned();
        let mut parts = into.chars().map(u32::from);
        wholes.push(u32::from(c));
        firsts.extend(parts.next());
        others.extend(parts);
        ends.push(others.len() as u32);
    }
    lists.sums(wholes).sums(firsts).sums(ends).sums(others);
    out.write("normal", &lists)
}
