//! Removes terminal escapes whole: ECMA-48 sequences with their payload, in 7 and in 8 bits.
//!
//! Reads as a terminal does: control characters inside a sequence do not end it, CAN and SUB break
//! it off, ESC begins another. An ESC that begins nothing is left to the step for controls.

use super::removed::{Class, Removed};

const BEL: char = '\u{7}';
const CAN: char = '\u{18}';
const SUB: char = '\u{1A}';
const ESC: char = '\u{1B}';
const DCS: char = '\u{90}';
const SOS: char = '\u{98}';
const CSI: char = '\u{9B}';
const ST: char = '\u{9C}';
const OSC: char = '\u{9D}';
const PM: char = '\u{9E}';
const APC: char = '\u{9F}';

/// The text without terminal escapes, or nothing where it has none.
pub(super) fn strip(text: &str, removed: &mut Removed) -> Option<String> {
    let begins = |c: char| matches!(c, ESC | DCS | SOS | CSI | OSC | PM | APC);
    let mut out: Option<String> = None;
    let mut rest = text;
    while let Some(start) = rest.find(begins) {
        let length = sequence(&rest[start..]);
        let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
        out.push_str(&rest[..start]);
        let end = match length {
            Some(length) => start + length,
            None => start + rest[start..].chars().next().map_or(0, char::len_utf8),
        };
        match length {
            Some(_) => removed.count(Class::TerminalEscapes, rest[start..end].chars().count()),
            None => out.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    let mut out = out?;
    out.push_str(rest);
    (out.len() < text.len()).then_some(out)
}

/// How long the sequence is with which `text` begins.
fn sequence(text: &str) -> Option<usize> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let body = characters.as_str();
    let after = match first {
        CSI => control_sequence(body),
        DCS | SOS | OSC | PM | APC => string(body),
        _ => escape(body)?,
    };
    Some(text.len() - after.len())
}

/// What is left after what follows an ESC, or nothing where that is no sequence.
fn escape(body: &str) -> Option<&str> {
    let mut characters = body.chars();
    loop {
        let before = characters.as_str();
        let c = characters.next()?;
        let rest = characters.as_str();
        match c {
            '[' => return Some(control_sequence(rest)),
            'P' | 'X' | ']' | '^' | '_' => return Some(string(rest)),
            ' '..='/' => return Some(after_intermediates(rest)),
            '0'..='~' => return Some(rest),
            ESC | CAN | SUB => return None,
            _ if is_executed(c) => {}
            _ if before.len() == body.len() => return None,
            _ => return Some(before),
        }
    }
}

/// What is left after the intermediate and final bytes of an escape.
fn after_intermediates(body: &str) -> &str {
    until_final(body, |c| matches!(c, ' '..='/'), '0')
}

/// What is left after the parameters, intermediates and final byte of a control sequence.
fn control_sequence(body: &str) -> &str {
    until_final(body, |c| matches!(c, ' '..='?'), '@')
}

/// What is left after a final byte from `least` on, or from where the sequence breaks off.
fn until_final(body: &str, goes_on: impl Fn(char) -> bool, least: char) -> &str {
    let mut characters = body.chars();
    loop {
        let before = characters.as_str();
        match characters.next() {
            None | Some(ESC) => return before,
            Some(CAN | SUB) => return characters.as_str(),
            Some(c) if goes_on(c) || is_executed(c) => {}
            Some(c) if (least..='~').contains(&c) => return characters.as_str(),
            Some(_) => return before,
        }
    }
}

/// What is left after a control string: its end is BEL, ST in either form, or the end of the text.
fn string(body: &str) -> &str {
    let Some(end) = body.find([BEL, ST, ESC, CAN, SUB]) else {
        return "";
    };
    let mut characters = body[end..].chars();
    if characters.next() != Some(ESC) {
        return characters.as_str();
    }
    // Anything else behind an ESC breaks the string off and begins another sequence.
    let behind = characters.as_str();
    behind.strip_prefix('\\').unwrap_or(&body[end..])
}

/// Whether a terminal carries `c` out in the middle of a sequence and goes on with it.
fn is_executed(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, ESC | CAN | SUB)
}
