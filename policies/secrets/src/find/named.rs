//! Values under the name of a secret, in every way in which people write names and values: `NAME=value`,
//! `name: value`, JSON, `--name value`, `<name>value</name>`, "the name is value".

use std::ops::Range;

use super::plain;
use crate::bytes::{
    ALNUM, DASH, DIGIT, DOT, ENDS_VALUE, EQUALS, UNDERSCORE, UPPER, WHITE, is, is_at, run,
};
use crate::detector::Detector;

/// How much of a name counts: its end, in bytes.
const NAME: usize = 32;
/// How far a value may stand from its name, in bytes of nothing, on each side of what stands between.
const GAP: usize = 8;
/// The longest value, in bytes.
const VALUE: usize = 512;
/// The shortest password and the shortest of all others, in bytes.
const PASSWORD: usize = 8;
const TOKEN: usize = 16;

/// What names of passwords end in, in small letters and without what stands between words.
const PASSWORDS: [&[u8]; 5] = [b"password", b"passwd", b"passphrase", b"pwd", b"passcode"];
/// What names of other secrets end in.
const SECRETS: [&[u8]; 18] = [
    b"secret",
    b"token",
    b"apikey",
    b"accesskey",
    b"secretkey",
    b"privatekey",
    b"authkey",
    b"auth",
    b"credential",
    b"credentials",
    b"encryptionkey",
    b"signingkey",
    b"masterkey",
    b"sharedkey",
    b"accountkey",
    b"servicekey",
    b"webhookkey",
    b"authorization",
];
/// What may follow that in a name.
const ENDINGS: [&[u8]; 6] = [b"value", b"prod", b"live", b"base64", b"b64", b"key"];
/// How names begin of what is not secret.
const PUBLIC: [&[u8]; 4] = [b"public", b"pub", b"csrf", b"xsrf"];

/// Whose value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Password,
    Secret,
    /// `Authorization`, whose value begins with a word for the scheme.
    Header,
}

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// `=`, `:` and the like.
    Sign,
    /// `>` of a tag.
    Tag,
    /// A space, after `--name`.
    Flag,
    /// ` is `.
    Is,
}

/// Every value under the name of a secret that looks random at `threshold` bits for each character.
pub(super) fn find(text: &[u8], threshold: f64, mut found: impl FnMut(Detector, Range<usize>)) {
    let mut at = 0;
    while at < text.len() {
        if !is(text[at], ALNUM) {
            at += 1;
            continue;
        }
        let end = run(text, at, ALNUM | UNDERSCORE | DASH | DOT, usize::MAX);
        let said = at..end;
        at = end;
        if let Some((between, from)) = between(text, &said)
            && let Some(name) = name(&text[said.end.saturating_sub(NAME).max(said.start)..said.end])
            && let Some(value) = value(text, from, name, between)
            && let Some(detector) = judged(text, &said, name, &value, threshold)
        {
            found(detector, value);
        }
    }
}

/// What stands between the name at `said` and a value, and where the value may begin.
fn between(text: &[u8], said: &Range<usize>) -> Option<(Between, usize)> {
    let is_gap = |byte: u8| {
        matches!(
            byte,
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'*' | b'\\' | b']'
        )
    };
    let gap = text[said.end..].iter().take(GAP);
    let at = said.end + gap.take_while(|byte| is_gap(**byte)).count();
    let (between, from) = match &text[at.min(text.len())..] {
        [b':', b':', ..] => return None,
        [b':', b'=', ..] | [b'=', b'>' | b'=', ..] => (Between::Sign, at + 2),
        [b'=' | b':' | b'|', ..] => (Between::Sign, at + 1),
        [b'>', ..] if text[..said.start].ends_with(b"<") => (Between::Tag, at + 1),
        [b'i', b's', b' ' | b':', ..] if at > said.end => (Between::Is, at + 3),
        _ if at > said.end && text[..said.start].ends_with(b"--") => (Between::Flag, at),
        _ => return None,
    };
    let gap = text[from..].iter().take(GAP);
    let gap = gap.take_while(|byte| matches!(**byte, b' ' | b'\t' | b'*' | b'\\'));
    Some((between, from + gap.count()))
}

/// Whose name `name` is.
fn name(name: &[u8]) -> Option<Name> {
    let mut plain = [0; NAME];
    let mut length = 0;
    for byte in name.iter().filter(|byte| is(**byte, ALNUM)) {
        plain[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    let mut name = &plain[..length];
    while let [before @ .., b'0'..=b'9'] = name {
        name = before;
    }
    let whole = name;
    if PUBLIC.iter().any(|public| name.starts_with(public)) {
        return None;
    }
    let endings = ENDINGS
        .iter()
        .filter_map(|ending| whole.strip_suffix(*ending));
    for name in std::iter::once(whole).chain(endings) {
        if PASSWORDS.iter().any(|end| name.ends_with(end)) {
            return Some(Name::Password);
        }
        if name.ends_with(b"authorization") {
            return Some(Name::Header);
        }
        if SECRETS.iter().any(|end| name.ends_with(end)) {
            return Some(Name::Secret);
        }
    }
    None
}

/// Where the value stands that begins at or after `from`.
fn value(text: &[u8], from: usize, name: Name, between: Between) -> Option<Range<usize>> {
    let quote = text.get(from).copied();
    let quote = quote.filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let begin = from + usize::from(quote.is_some());
    let begin = match name {
        Name::Header => after_scheme(text, begin),
        Name::Password | Name::Secret => begin,
    };
    let rest = &text[begin.min(text.len())..text.len().min(begin + VALUE + 1)];
    let value = match quote {
        Some(quote) => {
            &rest[..rest
                .iter()
                .position(|byte| *byte == quote || *byte == b'\n')?]
        }
        None => without_quotes(rest),
    };
    let value = value.strip_suffix(b"\\").unwrap_or(value);
    // In a sentence the full stop is the sentence's.
    let value = match between {
        Between::Is => value.strip_suffix(b".").unwrap_or(value),
        Between::Sign | Between::Tag | Between::Flag => value,
    };
    (!value.is_empty() && value.len() <= VALUE).then_some(begin..begin + value.len())
}

/// The value at the beginning of `rest`, up to what ends it; `=` belongs to it at its end alone.
fn without_quotes(rest: &[u8]) -> &[u8] {
    let end = rest.iter().position(|byte| is(*byte, ENDS_VALUE));
    let end = end.unwrap_or(rest.len());
    let padded = run(rest, end, EQUALS, 2);
    match rest.get(padded).is_none_or(|byte| is(*byte, ENDS_VALUE)) {
        true => &rest[..padded],
        false => &rest[..end],
    }
}

/// Where the credentials begin after the word for their scheme.
fn after_scheme(text: &[u8], begin: usize) -> usize {
    let word = run(text, begin, ALNUM | DASH, NAME);
    match word > begin && is_at(text, word, WHITE) {
        true => word + 1,
        false => begin,
    }
}

/// What the value under `name` is, if it is a secret.
fn judged(
    text: &[u8],
    said: &Range<usize>,
    name: Name,
    at: &Range<usize>,
    threshold: f64,
) -> Option<Detector> {
    let value = &text[at.clone()];
    let is_graphic = value.iter().all(u8::is_ascii_graphic);
    if !is_graphic || is_reference(value) || plain::is_id(value) || plain::is_placeholder(value) {
        return None;
    }
    let in_string = text[..said.start].trim_ascii_end().ends_with(b";");
    if in_string && name == Name::Password && plain::is_password(value, b"") {
        return Some(Detector::ConnectionString);
    }
    let is_random = plain::is_random(value, threshold);
    let is_one = match name {
        Name::Password => is_strong_password(value),
        Name::Secret | Name::Header => {
            let has_digits = value.iter().any(|byte| is(*byte, DIGIT));
            value.len() >= TOKEN
                && has_digits
                && plain::kinds(value) >= 2
                && !plain::is_wordy(value)
        }
    };
    (is_one && is_random).then(|| kind(&text[said.clone()], name, value))
}

/// Whether a password is more than a word, a number or a part of a program.
fn is_strong_password(value: &[u8]) -> bool {
    value.len() >= PASSWORD
        && match plain::kinds(value) {
            4 => true,
            3 => !plain::is_wordy(value),
            2 => {
                value.len() >= TOKEN
                    && value.iter().any(u8::is_ascii_digit)
                    && !plain::is_wordy(value)
            }
            _ => false,
        }
}

/// Whether a value names where the secret is: a constant, a variable, a path, a URL, a
/// call.
fn is_reference(value: &[u8]) -> bool {
    let calls = value
        .iter()
        .any(|byte| matches!(byte, b'(' | b'{' | b'<' | b'\\'));
    let is_constant = value.contains(&b'_')
        && value
            .iter()
            .all(|byte| is(*byte, UPPER | DIGIT | UNDERSCORE));
    let begins = [
        &b"/"[..],
        b"./",
        b"../",
        b"~/",
        b"$",
        b"%",
        b"[",
        b"&",
        b"--",
    ];
    calls
        || is_constant
        || begins.iter().any(|begin| value.starts_with(begin))
        || value.windows(2).any(|two| two == b"::" || two == b"->")
        || value.windows(3).any(|three| three == b"://")
}

fn kind(name: &[u8], of: Name, value: &[u8]) -> Detector {
    let is_aws = value.len() == 40
        && name
            .to_ascii_lowercase()
            .windows(3)
            .any(|part| part == b"aws");
    match of {
        Name::Header => Detector::Authorization,
        Name::Secret if is_aws => Detector::AwsKey,
        Name::Password | Name::Secret => Detector::NamedSecret,
    }
}
