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

    fn corpus() -> Vec<String> {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/frame");
        let files = std::fs::read_dir(corpus).unwrap();
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        let read = |path| std::fs::read_to_string(path).unwrap();
        paths.into_iter().map(read).collect()
    }

    #[test]
    fn every_file_of_the_corpus_holds() {
        let corpus = corpus();
        assert!(corpus.len() >= 10, "{}", corpus.len());
        for text in corpus {
            holds(text.as_bytes());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn so_does_every_file_that_was_changed_somewhere(
            which in any::<prop::sample::Index>(),
            places in (0.0..1.0f64, 0.0..0.1f64),
            noise in "[\\[\\]{}\":,\\\\a-f0-9\\-.eu|\n\u{200c}é]{0,6}",
        ) {
            let corpus = corpus();
            let text = &corpus[which.index(corpus.len())];
            let at = |place: f64| text.floor_char_boundary((place * text.len() as f64) as usize);
            let (start, end) = (at(places.0), at((places.0 + places.1).min(1.0)));
            holds(format!("{}{noise}{}", &text[..start], &text[end..]).as_bytes());
        }
    }
}
