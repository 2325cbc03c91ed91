//! Where a URL in a text ends: a text goes on behind it, and marks that belong to the text follow.

use std::ops::Range;

/// No URL is read further than this, in bytes.
const LONGEST: usize = 8_192;

/// The end of what `linkify` found: it takes East Asian punctuation for part of a URL.
pub(super) fn of_link(text: &str, link: Range<usize>) -> usize {
    let written = &text[link.clone()];
    match east_asian_end(written) {
        Some(end) => link.start + end,
        None => link.end,
    }
}

/// The end of a URL that begins at `start`, of which the text up to `least` belongs to it. Nothing
/// behind the end is looked at, so that many URLs take no longer than one.
pub(super) fn of_candidate(text: &str, start: usize, least: usize) -> usize {
    let furthest = text.floor_char_boundary(start + LONGEST);
    let rest = text.get(least..furthest).unwrap_or_default();
    let quoted = text[..start].ends_with('\'');
    let end = end_of(rest, quoted).unwrap_or(rest.len());
    least + rest[..end].trim_end_matches(is_sentence_end).len()
}

fn end_of(rest: &str, quoted: bool) -> Option<usize> {
    let mut brackets = Brackets::default();
    let mut place = 0;
    while let Some(byte) = rest.as_bytes().get(place) {
        if GOES_ON[usize::from(*byte)] {
            place += 1;
            continue;
        }
        if let Some(closes_none) = brackets.take(*byte) {
            if closes_none {
                return Some(place);
            }
            place += 1;
            continue;
        }
        let c = rest[place..].chars().next()?;
        let behind = place + c.len_utf8();
        let ends = matches!(c, '<' | '>' | '"' | '`' | '|' | '“' | '”')
            || (c == '\'' && quoted)
            || c.is_whitespace()
            || c.is_control()
            || ends_in_east_asia(c, &rest[behind..]);
        if ends {
            return Some(place);
        }
        place = behind;
    }
    None
}

/// The bytes that end no URL, whatever is before and behind: most of ASCII.
const GOES_ON: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        table[byte] = !matches!(
            byte as u8,
            b'<' | b'>' | b'"' | b'`' | b'|' | b'\'' | b'(' | b')' | b'[' | b']' | b'{' | b'}'
        );
        byte += 1;
    }
    table
};

/// Where punctuation of East Asian writing ends a URL.
fn east_asian_end(written: &str) -> Option<usize> {
    if written.is_ascii() {
        return None;
    }
    let mut characters = written.char_indices();
    let ends = |(place, c): &(usize, char)| ends_in_east_asia(*c, &written[place + c.len_utf8()..]);
    characters.find(ends).map(|(end, _)| end)
}

/// Whether `c` is punctuation of East Asian writing that nothing follows that goes on with a URL.
fn ends_in_east_asia(c: char, behind: &str) -> bool {
    let goes_on = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '\u{FF10}'..='\u{FF19}' | '\u{FF41}'..='\u{FF5A}')
    };
    match c {
        '\u{3002}' => !behind.starts_with(goes_on),
        '\u{2026}' | '\u{3001}' | '\u{3008}'..='\u{3011}' => true,
        '\u{FF01}' | '\u{FF08}' | '\u{FF09}' | '\u{FF0C}' => true,
        '\u{FF1A}' | '\u{FF1B}' | '\u{FF1F}' => true,
        _ => false,
    }
}

/// How many brackets of each kind are open.
#[derive(Default)]
struct Brackets([i32; 3]);

impl Brackets {
    /// Where `byte` is a bracket: whether it closes one that nothing opened.
    fn take(&mut self, byte: u8) -> Option<bool> {
        let (kind, step) = match byte {
            b'(' => (0, 1),
            b')' => (0, -1),
            b'[' => (1, 1),
            b']' => (1, -1),
            b'{' => (2, 1),
            b'}' => (2, -1),
            _ => return None,
        };
        self.0[kind] += step;
        Some(self.0[kind] < 0)
    }
}

/// Whether `c` at the end belongs to the sentence and not to the URL.
fn is_sentence_end(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~'
    )
}
