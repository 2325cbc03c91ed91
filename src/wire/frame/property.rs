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
    use super::*;

    #[test]
    fn every_file_of_the_corpus_holds() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/frame");
        let mut files = 0;
        for file in std::fs::read_dir(corpus).unwrap() {
            holds(&std::fs::read(file.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files >= 10, "{files}");
    }
}
