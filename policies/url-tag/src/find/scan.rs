//! The second pass: `scheme:` and `//` wherever a browser would follow them.
//!
//! A scheme of the web counts with slashes or without, any other with `://`, and those that need
//! none only from a list and with no space after the colon: "JavaScript: a language" is prose.

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
    /// What it saw last, and nobody took.
    seen: Option<Candidate>,
}

impl<'a> Scan<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            from: 0,
            seen: None,
        }
    }

    /// What begins next, at `place` or behind it. Nothing before is looked at.
    pub(super) fn peek_from(&mut self, place: usize) -> Option<&Candidate> {
        let is_before = |seen: &Candidate| seen.at.start < place;
        if self.seen.as_ref().is_some_and(is_before) {
            self.seen = None;
        }
        if self.seen.is_none() {
            self.from = self.from.max(place);
            self.seen = self.look(place);
        }
        self.seen.as_ref()
    }

    /// What was seen.
    pub(super) fn take(&mut self) -> Option<Candidate> {
        self.seen.take()
    }

    fn look(&mut self, place: usize) -> Option<Candidate> {
        let bytes = self.text.as_bytes();
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
pub(super) fn next_mark(bytes: &[u8]) -> Option<usize> {
    let (near, far) = bytes.split_at(bytes.len().min(NEAR));
    let is_mark = |byte: &u8| matches!(byte, b':' | b'/');
    match near.iter().position(is_mark) {
        Some(place) => Some(place),
        None => Some(near.len() + memchr::memchr2(b':', b'/', far)?),
    }
}

/// The URL whose scheme ends before the colon at `colon`.
fn with_scheme(text: &str, colon: usize) -> Option<Candidate> {
    let start = scheme::start(text, colon)?;
    let behind = &text[colon + 1..];
    if behind.starts_with(char::is_whitespace) {
        return None;
    }
    let mut least = colon + 1;
    let follows = match Scheme::of(&text.as_bytes()[start..colon]) {
        Scheme::Web => {
            least += slashes(behind);
            starts_host(behind)
        }
        Scheme::File => is_file(behind),
        Scheme::Data => is_data(behind),
        Scheme::Script => is_script(behind),
        Scheme::Opaque => !behind.is_empty(),
        Scheme::Other => behind
            .strip_prefix("//")
            .is_some_and(|host| host.starts_with(|c: char| c.is_alphanumeric() || c == '[')),
        Scheme::Disarmed => false,
    };
    if !follows {
        return None;
    }
    // A bracket or a stroke right behind belongs to the URL, whatever stands there in prose.
    let end = end::of_candidate(text, start, least);
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
    behind.len() - behind.trim_start_matches(['/', '\\', '\t']).len()
}

/// Whether a host may begin here, behind slashes.
fn starts_host(behind: &str) -> bool {
    let host = &behind[slashes(behind)..];
    host.starts_with(|c: char| {
        c.is_alphanumeric()
            || matches!(c, '[' | '%' | '_' | '-' | '@')
            || !c.is_ascii() && !c.is_whitespace()
    })
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
