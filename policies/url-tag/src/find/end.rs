//! Where a URL in a text ends: a text goes on behind it, and marks that belong to the text follow.

/// No URL is read further than this, in bytes.
const LONGEST: usize = 8_192;

/// The end of a URL that begins at `start`, of which the text up to `least` belongs to it. Nothing
/// behind the end is looked at, so that many URLs take no longer than one.
pub(super) fn of_candidate(text: &str, start: usize, least: usize) -> usize {
    let furthest = text.floor_char_boundary(start + LONGEST);
    let bytes = text.as_bytes();
    let quoted = start > 0 && bytes[start - 1] == b'\'';
    let rest = text.get(least..furthest).unwrap_or_default();
    let mut end = least + end_of(rest, quoted).unwrap_or(rest.len());
    while end > least && is_sentence_end(bytes[end - 1]) {
        end -= 1;
    }
    end
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
        if byte.is_ascii() {
            if *byte != b'\'' || quoted {
                return Some(place);
            }
            place += 1;
            continue;
        }
        let c = rest[place..].chars().next()?;
        let behind = place + c.len_utf8();
        if ends(c, &rest[behind..]) {
            return Some(place);
        }
        place = behind;
    }
    None
}

/// The bytes that end no URL, whatever is before and behind: most of ASCII. Of the others brackets and
/// quotes may belong to one.
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

/// How many brackets of each kind are open: those of a kind, and no others, have the same three bits.
#[derive(Default)]
struct Brackets([i32; 4]);

impl Brackets {
    /// Where `byte` is a bracket: whether it closes one that nothing opened.
    fn take(&mut self, byte: u8) -> Option<bool> {
        let step = match byte {
            b'(' | b'[' | b'{' => 1,
            b')' | b']' | b'}' => -1,
            _ => return None,
        };
        let open = &mut self.0[usize::from(byte >> 5) & 3];
        *open += step;
        Some(*open < 0)
    }
}

/// The end of the user, the host and the port that `rest` begins with: the first character that none of
/// them holds, by RFC 3986 in ASCII.
pub(super) fn of_name(rest: &str) -> usize {
    let mut place = 0;
    while let Some(byte) = rest.as_bytes().get(place) {
        if !byte.is_ascii() {
            let c = rest[place..].chars().next().unwrap_or_default();
            let behind = place + c.len_utf8();
            if ends(c, &rest[behind..]) {
                break;
            }
            place = behind;
            continue;
        }
        // In order: ! $ & ' ( ) * + , - . and digits : ; = @ and letters _ ~
        let is_part = matches!(byte, b'!' | b'$' | b'&'..=b'.' | b'0'..=b';' | b'=')
            || matches!(byte, b'@'..=b'Z' | b'a'..=b'z' | b'_' | b'~');
        if !is_part {
            break;
        }
        place += 1;
    }
    place
}

/// Whether `c`, behind which `behind` stands, ends whatever URL it is found in.
pub(super) fn ends(c: char, behind: &str) -> bool {
    matches!(c, '“' | '”') || c.is_whitespace() || c.is_control() || ends_in_east_asia(c, behind)
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

/// Whether `byte` at the end belongs to the sentence and not to the URL.
pub(super) fn is_sentence_end(byte: u8) -> bool {
    matches!(
        byte,
        b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'_' | b'~'
    )
}
