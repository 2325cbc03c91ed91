//! What comes out stays as it is, however the text was made.

use proptest::collection::vec;
use proptest::prelude::*;
use sanitize::clean::Problem;

use super::try_clean;

/// Strings that break programs, from a list that others keep.
#[test]
fn naughty_strings_are_stable() {
    let list: serde_json::Value = serde_json::from_str(include_str!("../data/blns.json")).unwrap();
    let strings = list["strings"].as_array().unwrap();
    assert_eq!(strings.len(), 485);
    for string in strings {
        is_stable(string.as_str().unwrap()).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200_000, ..ProptestConfig::default() })]
    #[test]
    fn adversarial_strings_are_stable(text in adversarial()) {
        is_stable(&text)?;
    }
}

/// Cleaning what is clean changes and removes nothing, and what is clean is in form C, drives no
/// terminal and is no longer than it was, but for what normalisation makes longer.
fn is_stable(text: &str) -> Result<(), TestCaseError> {
    let (once, _) = match try_clean(text) {
        Ok(cleaned) => cleaned,
        Err(problem) => {
            prop_assert_eq!(problem, Problem::NotStable);
            return Ok(());
        }
    };
    let (twice, removed) = try_clean(&once).unwrap();
    prop_assert_eq!(&twice, &once);
    prop_assert_eq!(removed.total(), 0);
    prop_assert_eq!(unicode::normal::compose(&once), None);
    prop_assert!(!once.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    prop_assert!(once.len() <= 3 * text.len());
    Ok(())
}

/// Strings out of everything that some rule looks at.
fn adversarial() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => prop::char::range('\u{300}', '\u{36F}').prop_map(String::from),
        1 => prop::char::range('\u{E0000}', '\u{E01EF}').prop_map(String::from),
    ];
    vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&str] = &[
    "a",
    "0",
    "[",
    "]",
    "2J",
    "m",
    ";",
    "\\",
    " ",
    "\n",
    "\r",
    "\t",
    "\0",
    "\u{7}",
    "\u{18}",
    "\u{1B}",
    "\u{1B}[",
    "\u{1B}]",
    "\u{1B}\\",
    "\u{7F}",
    "\u{85}",
    "\u{90}",
    "\u{9B}",
    "\u{9C}",
    "\u{9D}",
    "\u{AD}",
    "\u{34F}",
    "\u{61C}",
    "\u{115F}",
    "\u{1160}",
    "\u{1100}",
    "\u{1161}",
    "\u{11A8}",
    "\u{17B4}",
    "\u{17CA}",
    "\u{17D2}",
    "\u{180B}",
    "\u{180E}",
    "\u{1820}",
    "\u{200B}",
    "\u{200C}",
    "\u{200D}",
    "\u{200E}",
    "\u{200F}",
    "\u{2028}",
    "\u{202A}",
    "\u{202E}",
    "\u{2060}",
    "\u{2066}",
    "\u{2069}",
    "\u{20E3}",
    "\u{3164}",
    "\u{FE00}",
    "\u{FE0E}",
    "\u{FE0F}",
    "\u{FEFF}",
    "\u{FFF9}",
    "\u{E0001}",
    "\u{E007F}",
    "\u{E0100}",
    "\u{1F3F4}",
    "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "👩",
    "🏽",
    "❤",
    "💻",
    "葛",
    "ไ",
    "ก",
    "ب",
    "ا",
    "ـ",
    "\u{64B}",
    "\u{651}",
    "א",
    "\u{5B0}",
    "क",
    "\u{94D}",
    "\u{93C}",
    "e",
    "\u{301}",
    "\u{323}",
    "\u{327}",
    "é",
    "\u{1D173}",
    "\u{16D67}",
    "\u{1611E}",
    "\u{FB1D}",
    "م\u{200C}م\u{200D}م\u{200C}م\u{200D}م\u{200C}م\u{200D}م\u{200C}م\u{200D}",
    "漢\u{E0100}漢\u{E0101}漢\u{E0102}",
    "神\u{FE00}神\u{FE01}",
    "א\u{200E}א\u{200F}א\u{200E}א\u{200F}א\u{200E}א\u{200F}",
    "ก\u{200B}ก\u{200B}ก\u{200B}ก\u{200B}ก\u{200B}ก\u{200B}",
];
