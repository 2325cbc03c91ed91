//! The escapes of the usual languages, read once: `\x33`, `\u0033`, `\u{33}`, `\U00000033`, `\063`,
//! `\n`, `%33`, `%u0033`, `&#51;`, `&#x33;`; the `0x` before digits goes. What is no escape stays.

use std::ops::RangeInclusive;

use crate::bytes::{ALNUM, DIGIT, HEX, hex_value, is, is_at, run};
use crate::view::View;

/// What an escape says.
enum Said {
    Byte(u8),
    Character(char),
    Nothing,
}

/// `base` with its escapes read; none where it has none.
pub(super) fn unescaped(base: &View) -> Option<View> {
    let text = &base.bytes;
    let first = (0..text.len()).find(|at| escape(text, *at).is_some())?;
    let mut bytes = text[..first].to_vec();
    let mut places: Vec<_> = (0..first).map(|at| base.place(at) as u32).collect();
    let mut at = first;
    while at < text.len() {
        let (said, end) = escape(text, at).unwrap_or((Said::Byte(text[at]), at + 1));
        match said {
            Said::Byte(byte) => bytes.push(byte),
            Said::Character(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Said::Nothing => {}
        }
        places.resize(bytes.len(), base.place(at) as u32);
        at = end;
    }
    Some(View::of_places(bytes, places))
}

/// What the escape at `at` says, and where it ends.
fn escape(text: &[u8], at: usize) -> Option<(Said, usize)> {
    match (text[at], *text.get(at + 1)?) {
        (b'\\', b'x') => byte(number(text, at + 2, 2..=2, 16)?),
        (b'\\', b'0'..=b'3') => byte(number(text, at + 1, 3..=3, 8)?),
        (b'\\', b'u') if text.get(at + 2) == Some(&b'{') => {
            let (code, end) = number(text, at + 3, 1..=6, 16)?;
            let end = (text.get(end) == Some(&b'}')).then_some(end + 1)?;
            character((code, end))
        }
        (b'\\', b'u') | (b'%', b'u') => character(number(text, at + 2, 4..=4, 16)?),
        (b'\\', b'U') => character(number(text, at + 2, 8..=8, 16)?),
        (b'\\', b'n' | b'r' | b't') => Some((Said::Byte(b' '), at + 2)),
        (b'\\', same @ (b'/' | b'\\' | b'"' | b'\'')) => Some((Said::Byte(same), at + 2)),
        (b'%', _) => byte(number(text, at + 1, 2..=2, 16)?),
        (b'&', b'#') => {
            let (code, end) = match text.get(at + 2)? {
                b'x' | b'X' => number(text, at + 3, 1..=8, 16)?,
                _ => number(text, at + 2, 1..=8, 10)?,
            };
            let end = end + usize::from(text.get(end) == Some(&b';'));
            character((code, end))
        }
        (b'0', b'x' | b'X') => {
            let is_apart = at == 0 || !is(text[at - 1], ALNUM);
            (is_apart && is_at(text, at + 2, HEX)).then_some((Said::Nothing, at + 2))
        }
        _ => None,
    }
}

fn byte((code, end): (u32, usize)) -> Option<(Said, usize)> {
    Some((Said::Byte(u8::try_from(code).ok()?), end))
}

fn character((code, end): (u32, usize)) -> Option<(Said, usize)> {
    Some((Said::Character(char::from_u32(code)?), end))
}

/// The number at `from` in as many digits as there are and may be, and where it ends.
fn number(
    text: &[u8],
    from: usize,
    lengths: RangeInclusive<usize>,
    base: u32,
) -> Option<(u32, usize)> {
    let alphabet = if base > 10 { HEX } else { DIGIT };
    let end = run(text, from, alphabet, *lengths.end());
    lengths.contains(&(end - from)).then_some(())?;
    let digits = text[from..end].iter().map(|byte| hex_value(*byte));
    let number = digits
        .map(|digit| digit.map(u32::from))
        .try_fold(0_u32, |number, digit| {
            let digit = digit.filter(|digit| *digit < base)?;
            number.checked_mul(base)?.checked_add(digit)
        });
    Some((number?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_says_its_character_and_nothing_else_changes() {
        for (text, expected) in [
            (r"\u0033\u{3f}\x33\063\U00000033", "3?333"),
            ("%33%u00333", "333"),
            ("&#51;&#x33;&#051&#0051;", "3333"),
            ("{0x33, 0X3f9a}", "{33, 3f9a}"),
            (r#"ab\n\"cd\/"#, "ab \"cd/"),
            (r"\u20ac\u00e9\xc3\xa9", "€éé"),
            (r"\u{110000}\ud800\477x\n", r"\u{110000}\ud800\477x "),
        ] {
            let said = unescaped(&View::written(text)).unwrap().bytes;
            assert_eq!(String::from_utf8(said).unwrap(), expected, "{text}");
        }
        for text in [
            r"\q \x3 \u12 \u{} \u{3",
            "100% &#; &#xg",
            "0xx x0x33",
            "\\",
            "&",
            "%",
            "",
        ] {
            assert!(unescaped(&View::written(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn its_places_are_those_of_the_escapes() {
        let view = unescaped(&View::written("é%33%34x")).unwrap();
        let places: Vec<_> = (0..view.bytes.len()).map(|at| view.place(at)).collect();
        assert_eq!(places, [0, 1, 2, 5, 8]);
    }
}
