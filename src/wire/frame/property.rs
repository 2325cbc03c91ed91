//! What reading a frame is held to, whatever a peer sends: a frame that is read is written and read
//! again as the same, and a text that is none is refused in a short sentence that quotes nothing.
//!
//! One function, run by the fuzz target `frame` and for every file of its corpus.

use super::{Frame, read};

/// More than a sentence about a field takes, in bytes.
const LONGEST_SENTENCE: usize = 200;

/// Reads `input`, and panics where that is not so.
pub(in crate::wire) fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match read(text) {
        Ok(frame) => is_read_again(&frame),
        Err(error) => {
            assert!(error.reason.len() <= LONGEST_SENTENCE, "{error}");
            assert!(!error.reason.chars().any(char::is_control), "{error:?}");
        }
    }
}

fn is_read_again(frame: &Frame) {
    let written = frame.to_text();
    let again = read(&written);
    assert_eq!(again.as_ref(), Ok(frame), "{written}");
    assert_eq!(again.map(|frame| frame.to_text()), Ok(written));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus;

    #[test]
    fn every_file_of_the_corpus_holds() {
        for text in corpus::of("frame") {
            holds(text.as_bytes());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn so_does_every_file_that_was_changed_somewhere(
            text in corpus::changed("frame", "[\\[\\]{}\":,\\\\a-f0-9\\-.eu|\n\u{200c}é]{0,6}")
        ) {
            holds(text.as_bytes());
        }
    }
}
