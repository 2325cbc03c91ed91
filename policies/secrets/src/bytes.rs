//! Bytes by what they may be part of: alphabets as bits, one look into a table for each byte.

/// A set of characters; several are joined with `|`.
pub type Alphabet = u16;

/// `0-9`.
pub const DIGIT: Alphabet = 1;
/// `a-z` without `a-f`.
pub const LOWER_REST: Alphabet = 1 << 1;
/// `A-Z` without `A-F`.
pub const UPPER_REST: Alphabet = 1 << 2;
/// `a-f`.
pub const LOWER_HEX: Alphabet = 1 << 3;
/// `A-F`.
pub const UPPER_HEX: Alphabet = 1 << 4;
/// `_`.
pub const UNDERSCORE: Alphabet = 1 << 5;
/// `-`.
pub const DASH: Alphabet = 1 << 6;
/// `.`.
pub const DOT: Alphabet = 1 << 7;
/// `+` and `/`.
pub const PLUS_SLASH: Alphabet = 1 << 8;
/// `=`.
pub const EQUALS: Alphabet = 1 << 9;
/// `~`.
pub const TILDE: Alphabet = 1 << 10;
/// Space, tab and the ends of lines.
pub const WHITE: Alphabet = 1 << 11;
/// What ends a value that stands in no quotes.
pub const ENDS_VALUE: Alphabet = 1 << 12;
/// What ends what stands before the `@` of a URL.
pub const ENDS_USER: Alphabet = 1 << 13;

/// `a-z`.
pub const LOWER: Alphabet = LOWER_REST | LOWER_HEX;
/// `A-Z`.
pub const UPPER: Alphabet = UPPER_REST | UPPER_HEX;
/// Letters and digits.
pub const ALNUM: Alphabet = LOWER | UPPER | DIGIT;
/// Hexadecimal digits of either case.
pub const HEX: Alphabet = DIGIT | LOWER_HEX | UPPER_HEX;
/// Letters, digits and `_`.
pub const WORD: Alphabet = ALNUM | UNDERSCORE;
/// Base64 for URLs: letters, digits, `_` and `-`.
pub const URL64: Alphabet = WORD | DASH;
/// Base64 without its padding.
pub const BASE64: Alphabet = ALNUM | PLUS_SLASH;

/// Whether `byte` is in `alphabet`.
pub const fn is(byte: u8, alphabet: Alphabet) -> bool {
    CLASSES[byte as usize] & alphabet != 0
}

/// Whether the byte at `at` is there and in `alphabet`.
pub fn is_at(text: &[u8], at: usize, alphabet: Alphabet) -> bool {
    text.get(at).is_some_and(|byte| is(*byte, alphabet))
}

/// Where the run in `alphabet` that begins at `from` ends, `most` bytes on at the latest.
pub fn run(text: &[u8], from: usize, alphabet: Alphabet, most: usize) -> usize {
    let rest = &text[from.min(text.len())..];
    let within = rest.iter().take(most);
    from + within.take_while(|byte| is(**byte, alphabet)).count()
}

/// The value of a character of base64, in either of its alphabets.
pub const fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The value of a hexadecimal digit.
pub const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// What the characters of base64 at the beginning of `text` say, whole bytes of it.
pub fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0);
    for value in text.iter().map_while(|byte| base64_value(*byte)) {
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}

const CLASSES: [Alphabet; 256] = classes();

const fn classes() -> [Alphabet; 256] {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        classes[at] = match byte {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' => LOWER_HEX,
            b'g'..=b'z' => LOWER_REST,
            b'A'..=b'F' => UPPER_HEX,
            b'G'..=b'Z' => UPPER_REST,
            b'_' => UNDERSCORE,
            b'-' => DASH,
            b'.' => DOT,
            b'+' => PLUS_SLASH,
            b'/' => PLUS_SLASH | ENDS_USER,
            b'=' => EQUALS | ENDS_VALUE,
            b'~' => TILDE,
            b' ' | b'\t' | b'\n' | b'\r' => WHITE | ENDS_VALUE | ENDS_USER,
            b'"' | b'\'' | b'`' | b'<' | b'>' => ENDS_VALUE | ENDS_USER,
            b',' | b';' | b')' | b']' | b'}' | b'&' | b'|' | b':' => ENDS_VALUE,
            b'?' | b'#' | b'@' | b'\\' => ENDS_USER,
            _ => 0,
        };
        at += 1;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_where_their_alphabet_does() {
        for (text, alphabet, most, expected) in [
            ("abc-1_2 x", URL64, 99, 7),
            ("abc-1_2 x", ALNUM, 99, 3),
            ("abcdefg", HEX, 99, 6),
            ("aaaa", ALNUM, 3, 3),
            ("é", ALNUM, 9, 0),
        ] {
            assert_eq!(run(text.as_bytes(), 0, alphabet, most), expected, "{text}");
        }
        assert_eq!(run(b"ab", 5, ALNUM, 9), 5);
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        assert_eq!(base64(b"aGVsbG8="), b"hello");
        assert_eq!(base64(b"-_-_"), base64(b"+/+/"));
    }
}
