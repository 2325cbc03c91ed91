//! What a version 1 agent does to content: it normalises to NFC and strips a set of characters
//! before it verifies, so whatever it would alter it loses without a word.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Whether content reaches a version 1 agent as it was sent.
pub fn survives_version_1(content: &str) -> bool {
    if content.is_ascii() {
        return !content.bytes().any(|byte| is_stripped(char::from(byte)));
    }
    !content.chars().any(is_stripped)
        && ComposingNormalizerBorrowed::new_nfc().is_normalized(content)
}

/// The characters that a version 1 relay refuses and a version 1 agent strips: C0 controls but TAB,
/// LF and CR, zero-width characters, and the bidirectional overrides, embeddings and isolates.
fn is_stripped(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0'..='\u{1f}' => true,
        '\u{200b}'..='\u{200d}' | '\u{feff}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_version_1_would_alter_is_known() {
        let cases = [
            ("hi", true),
            ("", true),
            ("tab\tline\r\n", true),
            ("caf\u{e9}", true),
            ("cafe\u{301}", false),
            ("می\u{200c}خواهم", false),
            ("👨\u{200d}👩\u{200d}👧", false),
            ("👨", true),
            ("سلام", true),
            ("\u{feff}x", false),
            ("\u{202e}x", false),
            ("\u{2067}x", false),
            ("\u{1b}[2J", false),
            ("\0", false),
            ("\u{7f}\u{85}", true),
        ];
        for (content, survives) in cases {
            assert_eq!(survives_version_1(content), survives, "{content:?}");
        }
    }
}
