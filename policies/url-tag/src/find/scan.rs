//! The scan: `scheme:` and `//` wherever a browser would follow them.
//!
//! `://` counts behind any scheme, wherever in a word it begins. A scheme of the web counts with
//! slashes or without, and those that need none only from a list and with no space after the colon:
//! "JavaScript: a language" is prose.

use super::scheme::{self, Scheme};
use super::{Candidate, end};

/// How far a host is looked for, in bytes: in ASCII none is longer than 253.
const LONGEST_HOST: usize = 768;
/// So many bytes are looked at one by one before a faster look is worth its start.
const NEAR: usize = 16;

/// Looks for what may be a URL, from front to back.
pub(super) struct Scan<'a> {
    text: &'a str,
    /// How far it has looked.
    from: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, from: 0 }
    }

    /// What begins next, at `place` or behind it. Nothing before is looked at.
    pub(super) fn next_from(&mut self, place: usize) -> Option<Candidate> {
        let bytes = self.text.as_bytes();
        self.from = self.from.max(place);
        loop {
            let mark = self.from + next_mark(bytes.get(self.from..)?)?;
            self.from = mark + 1;
            let candidate = match bytes[mark] {
                b':' => with_scheme(self.text, mark),
                _ => without_scheme(self.text, mark),
            };
            if candidate
                .as_ref()
                .is_some_and(|seen| seen.at.start >= place)
            {
                return candidate;
            }
        }
    }
}

/// Where the next colon or slash stands.
fn next_mark(bytes: &[u8]) -> Option<usize> {
    let (near, far) = bytes.split_at(bytes.len().min(NEAR));
    let is_mark = |byte: &u8| matches!(byte, b':' | b'/');
    match near.iter().position(is_mark) {
        Some(place) => Some(place),
        None => Some(near.len() + memchr::memchr2(b':', b'/', far)?),
    }
}

/// The URL whose scheme ends before the colon at `colon`.
fn with_scheme(text: &str, colon: usize) -> Option<Candidate> {
    let (before, behind) = text.as_bytes().split_at(colon);
    let is_slashed = matches!(behind, [_, b'/', b'/', ..]);
    if !is_slashed && !scheme::may_end(before) {
        return None;
    }
    let (before, behind) = (&text[..colon], &text[colon + 1..]);
    let start = scheme::start(before, is_slashed)?;
    if behind.starts_with(char::is_whitespace) {
        return None;
    }
    let mut least = colon + 1;
    let follows = match Scheme::of(&before.as_bytes()[start..]) {
        Scheme::Disarmed => false,
        Scheme::Web => {
            let slashes = slashes(behind);
            least += slashes;
            starts_host(&behind[slashes..]) || is_slashed && user(&behind[2..]) > 0
        }
        _ if is_slashed => {
            least += 2;
            true
        }
        Scheme::File => is_file(behind),
        Scheme::Data => is_data(behind),
        Scheme::Script => is_script(behind),
        Scheme::Opaque => !behind.is_empty(),
        Scheme::Other => false,
    };
    if !follows {
        return None;
    }
    // What stands in a user's name ends no URL, though it would in prose.
    let named = match is_slashed {
        true => colon + 3 + user(&behind[2..]),
        false => least,
    };
    let end = end::of_candidate(text, start, least.max(named));
    (end > least).then_some(Candidate {
        at: start..end,
        relative: false,
    })
}

/// The URL that begins with two slashes at `slash`.
fn without_scheme(text: &str, slash: usize) -> Option<Candidate> {
    let bytes = text.as_bytes();
    if bytes.get(slash + 1) != Some(&b'/') || (slash > 0 && bytes[slash - 1] == b'/') {
        return None;
    }
    let host = &text[slash + 2..];
    let before = text[..slash].chars().next_back();
    let apart =
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | '=' | '<' | '>'));
    if !apart || !is_host_of_link(host) {
        return None;
    }
    let end = end::of_candidate(text, slash, slash + 2);
    (end > slash + 2).then_some(Candidate {
        at: slash..end,
        relative: true,
    })
}

/// How long the slashes of any kind and number are that `behind` begins with. A browser leaves out
/// TAB among them.
fn slashes(behind: &str) -> usize {
    let is_left_out = |byte: &u8| matches!(byte, b'/' | b'\\' | b'\t');
    behind.bytes().take_while(is_left_out).count()
}

/// Whether a host may begin here, behind slashes.
fn starts_host(host: &str) -> bool {
    host.starts_with(|c: char| {
        c.is_alphanumeric()
            || matches!(c, '[' | '%' | '_' | '-' | '@')
            || !c.is_ascii() && !c.is_whitespace()
    })
}

/// How long the user is that `name` begins with, with the `@` behind it: a mark that would end a URL
/// in a text does not end one there.
fn user(name: &str) -> usize {
    let ends = |byte: &u8| matches!(byte, b'/' | b'?' | b'#' | b'@') || byte.is_ascii_whitespace();
    if name.bytes().find(ends) != Some(b'@') {
        return 0;
    }
    let name = &name[..end::of_name(name)];
    name.rfind('@').map_or(0, |at| at + 1)
}

/// Whether more than a word follows: a word runs nothing, and `{javascript:true}` is an object.
fn is_script(behind: &str) -> bool {
    let word = behind
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let end = word.count();
    let next = behind[end..].chars().next();
    next.is_some_and(|c| !c.is_whitespace() && !matches!(c, ',' | '}' | ')' | '"' | '\'' | ':'))
}

/// Whether a path of a file follows: "file:notes" may be a line of anything.
fn is_file(behind: &str) -> bool {
    let drive = |rest: &[u8]| {
        rest.len() > 2
            && rest[0].is_ascii_alphabetic()
            && rest[1] == b':'
            && matches!(rest[2], b'/' | b'\\')
    };
    behind.starts_with(['/', '\\']) && behind.len() > 1 || drive(behind.as_bytes())
}

/// Whether data follow with their type, as far as that must be written.
fn is_data(behind: &str) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+/;=\"%*'".contains(byte);
    let near = &behind.as_bytes()[..behind.len().min(256)];
    let end = near.iter().take_while(|byte| is_part(byte)).count();
    let kind = &near[..end];
    near.get(end) == Some(&b',')
        && (kind.is_empty() || kind.starts_with(b";") || kind.contains(&b'/'))
}

/// Whether what follows two slashes is a host that a link would name: "//TODO" is a comment.
fn is_host_of_link(behind: &str) -> bool {
    if behind.starts_with('[') {
        return behind.bytes().take(48).any(|byte| byte == b']');
    }
    let ends = |c: char| {
        !(c.is_alphanumeric()
            || matches!(c, '.' | '-')
            || matches!(c, '\u{3002}' | '\u{FF0E}' | '\u{FF61}'))
    };
    let bounded = &behind[..behind.floor_char_boundary(LONGEST_HOST)];
    let end = bounded.find(ends).unwrap_or(bounded.len());
    let (host, rest) = (&bounded[..end], &bounded[end..]);
    if !(rest.is_empty()
        || rest.starts_with(|c: char| {
            c.is_whitespace() || matches!(c, '/' | ':' | '?' | '#' | '"' | '\'' | '<' | '>' | ')')
        }))
    {
        return false;
    }
    let host = host.trim_end_matches('.');
    let Some((name, last)) = host.rsplit_once(['.', '\u{3002}', '\u{FF0E}', '\u{FF61}']) else {
        return host.eq_ignore_ascii_case("localhost")
            || (is_number(host) && rest.starts_with('/'));
    };
    let is_name = last.chars().nth(1).is_some() && last.chars().all(char::is_alphabetic)
        || last
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    !name.is_empty()
        && (is_name
            || (is_number(last) && (rest.starts_with('/') || host.matches('.').count() == 3)))
}

/// Whether `label` is a number to a browser: decimal, octal or hexadecimal.
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or(label.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
