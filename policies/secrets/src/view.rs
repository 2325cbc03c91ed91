//! A text as it is searched: as it was written, or without what nobody sees, each byte with the place
//! in the original that it came from.

use std::ops::Range;

/// A text, and where in the original each of its bytes stands.
#[derive(Debug, Clone)]
pub struct View {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// For each byte its place in the original; none where they are the same.
    places: Option<Vec<u32>>,
}

impl View {
    /// The text as it was written.
    pub fn written(text: &str) -> Self {
        Self {
            bytes: text.as_bytes().to_vec(),
            places: None,
        }
    }

    /// The text without what nobody sees and with full-width characters as plain ones; none where
    /// that is the text as it was written.
    pub fn seen(text: &str) -> Option<Self> {
        Self::with(text, |c| match c {
            c if is_invisible(c) => None,
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0),
            c => Some(c),
        })
    }

    /// What [`seen`](Self::seen) gives without white space: what was broken over lines is whole again.
    pub fn joined(text: &str) -> Option<Self> {
        Self::with(text, |c| match c {
            c if is_invisible(c) || c.is_whitespace() => None,
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0),
            c => Some(c),
        })
    }

    /// Each byte of `bytes` with its place.
    pub fn of_places(bytes: Vec<u8>, places: Vec<u32>) -> Self {
        Self {
            bytes,
            places: Some(places),
        }
    }

    /// Where the byte at `at` stands in the original.
    pub fn place(&self, at: usize) -> usize {
        match &self.places {
            Some(places) => places.get(at).map_or(0, |place| *place as usize),
            None => at,
        }
    }

    /// Where what stands at `range`, which is not empty, stands in the original, up to the beginning
    /// of its last character.
    pub fn places(&self, range: &Range<usize>) -> Range<usize> {
        self.place(range.start)..self.place(range.end - 1) + 1
    }

    fn with(text: &str, becomes: impl Fn(char) -> Option<char>) -> Option<Self> {
        let is_other = |c| becomes(c) != Some(c);
        let first = text.find(is_other)?;
        let mut bytes = Vec::with_capacity(text.len());
        let mut places = Vec::with_capacity(text.len());
        bytes.extend_from_slice(&text.as_bytes()[..first]);
        places.extend(0..first as u32);
        for (at, c) in text[first..].char_indices() {
            let Some(c) = becomes(c) else { continue };
            let mut buffer = [0; 4];
            let encoded = c.encode_utf8(&mut buffer).as_bytes();
            bytes.extend_from_slice(encoded);
            places.extend(encoded.iter().map(|_| (first + at) as u32));
        }
        Some(Self::of_places(bytes, places))
    }
}

/// Whether `c` is shown as nothing: controls but for white space, and the code points that Unicode
/// calls default ignorable.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_goes_and_places_stay_those_of_the_original() {
        assert!(View::seen("plain text\nand é").is_none());
        let view = View::seen("é\u{200b}a\u{feff}\u{ff42}").unwrap();
        assert_eq!(view.bytes, "éab".as_bytes());
        let places: Vec<_> = (0..view.bytes.len()).map(|at| view.place(at)).collect();
        assert_eq!(places, [0, 1, 5, 9]);
        assert_eq!(view.places(&(2..4)), 5..10);
    }

    #[test]
    fn what_is_broken_over_lines_is_joined() {
        assert!(View::joined("plain").is_none());
        assert_eq!(View::joined("a b\r\nc\u{2028}d").unwrap().bytes, b"abcd");
    }
}
