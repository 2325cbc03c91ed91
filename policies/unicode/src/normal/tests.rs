#[path = "../../../packages.rs"]
mod packages;

use std::path::PathBuf;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use proptest::prelude::*;

use super::*;
use packages::packages;

/// The standard's own test comes with the package that carries its data.
#[test]
fn every_line_of_the_normalization_test_is_right() {
    let text = std::fs::read_to_string(normalization_test()).unwrap();
    let mut lines = 0;
    for line in text.lines().filter(|line| line.contains(';')) {
        if line.starts_with('#') {
            continue;
        }
        let columns: Vec<String> = line.split(';').take(5).map(decoded).collect();
        let [source, nfc, nfd, nfkc, nfkd] = &columns[..] else {
            panic!("{line}");
        };
        for (input, c, d) in [
            (source, nfc, nfd),
            (nfc, nfc, nfd),
            (nfd, nfc, nfd),
            (nfkc, nfkc, nfkd),
            (nfkd, nfkc, nfkd),
        ] {
            assert_eq!(
                &compose(input).unwrap_or_else(|| input.clone()),
                c,
                "{line}"
            );
            assert_eq!(&decompose(input), d, "{line}");
        }
        lines += 1;
    }
    assert_eq!(lines, 20_171);
}

#[test]
fn every_single_character_is_as_the_reference_has_it() {
    for c in ('\0'..=char::MAX).map(String::from) {
        same_as_the_reference(&c);
    }
}

#[test]
fn a_heap_of_marks_is_ordered_like_a_few() {
    let heap = "a\u{301}\u{323}\u{31b}\u{5b0}".to_owned() + &"\u{301}\u{323}".repeat(500);
    same_as_the_reference(&heap);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn any_text_is_as_the_reference_has_it(text in mixed()) {
        same_as_the_reference(&text);
    }
}

fn same_as_the_reference(text: &str) {
    let composed = compose(text).unwrap_or_else(|| text.to_owned());
    assert_eq!(
        composed,
        ComposingNormalizerBorrowed::new_nfc().normalize(text)
    );
    assert_eq!(
        decompose(text),
        DecomposingNormalizerBorrowed::new_nfd().normalize(text)
    );
}

/// Texts of characters that like to join, and any others.
fn mixed() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        Just('a'),
        prop::char::range('\u{300}', '\u{345}'),
        prop::char::range('\u{c0}', '\u{17f}'),
        prop::char::range('\u{1100}', '\u{11ff}'),
        prop::char::range('\u{ac00}', '\u{ad00}'),
        prop::char::range('\u{9be}', '\u{9d7}'),
        prop::char::range('\u{b3e}', '\u{b57}'),
        prop::char::range('\u{16d40}', '\u{16d7f}'),
        prop::char::range('\u{11080}', '\u{110c2}'),
        any::<char>(),
    ];
    prop::collection::vec(one, 0..24).prop_map(|all| all.into_iter().collect())
}

fn decoded(column: &str) -> String {
    let codes = column.split_whitespace();
    codes
        .map(|code| char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap())
        .collect()
}

fn normalization_test() -> PathBuf {
    package("icu_normalizer").join("tests/data/NormalizationTest.txt")
}

/// The folder of the sources of a package that this one is built with.
fn package(name: &str) -> PathBuf {
    let mut packages = packages().into_iter();
    packages.find(|(found, _)| found == name).unwrap().1
}
