//! A text as it is searched: as it was written, without what nobody sees, or what tags alone say, each
//! byte with the place in the original that it came from.

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
        Self::with(text, shown)
    }

    /// The text as [`seen`](Self::seen), with the characters in it that are tags read as the ASCII
    /// that they stand for; none where there is no tag.
    pub fn tagged(text: &str) -> Option<Self> {
        text.contains(is_tag).then_some(())?;
        Self::with(text, |c| match c {
            c if is_tag(c) => char::from_u32(c as u32 - TAGS),
            c => shown(c),
        })
    }

    /// What the tags alone say, a space in the place of what stands between them; none where there is
    /// no tag.
    pub fn hidden(text: &str) -> Option<Self> {
        let mut at = text.find(is_tag)?;
        let (mut bytes, mut places) = (Vec::new(), Vec::new());
        for c in text[at..].chars() {
            let tag = is_tag(c).then(|| (c as u32 - TAGS) as u8);
            if tag.is_some() || bytes.last() != Some(&b' ') {
                bytes.push(tag.unwrap_or(b' '));
                places.push(at as u32);
            }
            at += c.len_utf8();
        }
        Some(Self::of_places(bytes, places))
    }

    /// The view without white space: what was broken over lines is whole again. None where it has none.
    pub fn joined(&self) -> Option<Self> {
        let mut is_white = vec![false; self.bytes.len()];
        let mut at = 0;
        for chunk in self.bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                is_white[at..at + c.len_utf8()].fill(c.is_whitespace());
                at += c.len_utf8();
            }
            at += chunk.invalid().len();
        }
        self.without(&mut |at, _| is_white[at])
    }

    /// The view without the bytes that are left out; none where that is the same.
    pub fn without(&self, is_out: &mut dyn FnMut(usize, u8) -> bool) -> Option<Self> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut places = Vec::with_capacity(self.bytes.len());
        for (at, byte) in self.bytes.iter().enumerate() {
            if !is_out(at, *byte) {
                bytes.push(*byte);
                places.push(self.place(at) as u32);
            }
        }
        (bytes.len() < self.bytes.len()).then(|| Self::of_places(bytes, places))
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

    fn with(text: &str, becomes: fn(char) -> Option<char>) -> Option<Self> {
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

/// What is seen of `c`.
fn shown(c: char) -> Option<char> {
    match c {
        c if is_invisible(c) => None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0),
        c => Some(c),
    }
}

/// What lies between a tag and the character of ASCII that it stands for.
const TAGS: u32 = 0xe0000;

/// Whether `c` is ASCII again, of which nothing is shown.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007e}')
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
    fn tags_are_read_as_the_ascii_that_they_stand_for() {
        assert!(View::tagged("plain \u{200b}").is_none() && View::hidden("plain").is_none());
        let text = "é\u{e0068}xy\u{e0069}\u{e007e}z";
        assert_eq!(View::seen(text).unwrap().bytes, "éxyz".as_bytes());
        assert_eq!(View::tagged(text).unwrap().bytes, "éhxyi~z".as_bytes());
        let hidden = View::hidden(text).unwrap();
        assert_eq!(hidden.bytes, b"h i~ ");
        let places: Vec<_> = (0..5).map(|at| hidden.place(at)).collect();
        assert_eq!(places, [2, 6, 8, 12, 16]);
    }

    #[test]
    fn what_is_left_out_leaves_the_others_in_their_places() {
        let view = View::seen("a\u{200b} b").unwrap();
        assert!(view.without(&mut |_, byte| byte == b'c').is_none());
        let joined = view.joined().unwrap();
        assert_eq!(
            (joined.bytes.as_slice(), joined.place(1)),
            (b"ab".as_slice(), 5)
        );
        assert!(View::written("plain").joined().is_none());
        let lines = View::written("a b\r\nc\u{2028}d").joined().unwrap();
        assert_eq!(lines.bytes, b"abcd");
    }
}
