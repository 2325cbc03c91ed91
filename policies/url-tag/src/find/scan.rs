//! The second pass: `scheme:` and `//` wherever a browser would follow them.
//!
//! A scheme of the web counts with slashes or without, any other with `://`, and those that need
//! none only from a list and with no space after the colon: "JavaScript: a language" is prose.

use super::{Candidate, end};

/// The longest scheme that is looked for: longer ones name no program.
const LONGEST_SCHEME: usize = 32;

/// Schemes that a browser follows with slashes or without.
const WEB: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// Schemes that need no slashes and are followed by anything.
const OPAQUE: [&str; 19] = [
    "mailto",
    "tel",
    "sms",
    "smsto",
    "callto",
    "facetime",
    "blob",
    "view-source",
    "intent",
    "magnet",
    "jar",
    "mk",
    "ms-msdt",
    "ms-word",
    "ms-excel",
    "ms-powerpoint",
    "search-ms",
    "shell",
    "itms-services",
];

/// Schemes that run what follows.
const SCRIPTS: [&str; 3] = ["javascript", "vbscript", "livescript"];

/// What may be a URL, in order.
pub(super) fn candidates(text: &str) -> impl Iterator<Item = Candidate> {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let place = from + memchr::memchr2(b':', b'/', &bytes[from..])?;
            from = place + 1;
            let candidate = match bytes[place] {
                b':' => with_scheme(text, place),
                _ => without_scheme(text, place),
            };
            if candidate.is_some() {
                return candidate;
            }
        }
    })
}

/// The URL whose scheme ends before the colon at `colon`.
fn with_scheme(text: &str, colon: usize) -> Option<Candidate> {
    let behind = &text[colon + 1..];
    let first = behind.chars().next()?;
    if first.is_whitespace() {
        return None;
    }
    let start = scheme_start(text, colon)?;
    let scheme = text[start..colon].to_ascii_lowercase();
    let slashes = behind.starts_with("//");
    let follows = if WEB.contains(&scheme.as_str()) {
        starts_host(behind)
    } else if scheme == "file" {
        is_file(behind)
    } else if scheme == "data" {
        is_data(behind)
    } else if SCRIPTS.contains(&unbroken(&scheme).as_str()) {
        is_script(behind)
    } else {
        OPAQUE.contains(&scheme.as_str())
            || (slashes && behind[2..].starts_with(|c: char| c.is_alphanumeric() || c == '['))
    };
    if !follows {
        return None;
    }
    // A bracket or a stroke right behind belongs to the URL, whatever stands there in prose.
    let least = colon + 1;
    let end = end::of_candidate(text, start, least);
    (end > least).then_some(Candidate {
        at: start..end,
        relative: false,
    })
}

/// The URL that begins with two slashes at `slash`.
fn without_scheme(text: &str, slash: usize) -> Option<Candidate> {
    let host = text[slash..].strip_prefix("//")?;
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

/// Where the scheme begins that ends at `colon`. A browser leaves out TAB and LF, so they do not
/// end one that scripts run by.
fn scheme_start(text: &str, colon: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[..colon];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = bytes.iter().rev().take_while(|byte| is_part(byte)).count();
    let before = bytes[..colon - length].last();
    let broken = before.is_some_and(|byte| matches!(byte, b'\t' | b'\n' | b'\r'));
    if broken && let Some(start) = broken_script(bytes) {
        return Some(start);
    }
    if length == 0 || length > LONGEST_SCHEME {
        return None;
    }
    let mut start = colon - length;
    // What stands before the first letter belongs to the text.
    while !bytes[start].is_ascii_alphabetic() {
        start += 1;
        if start == colon {
            return None;
        }
    }
    let before = text[..start].chars().next_back();
    let apart = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    apart.then_some(start)
}

/// Where a scheme that runs scripts begins, broken by TAB or LF, that ends where `bytes` does.
fn broken_script(bytes: &[u8]) -> Option<usize> {
    let mut letters = Vec::new();
    for (place, byte) in bytes.iter().enumerate().rev() {
        if matches!(byte, b'\t' | b'\n' | b'\r') {
            continue;
        }
        letters.insert(0, byte.to_ascii_lowercase());
        if !byte.is_ascii_alphabetic() || letters.len() > "javascript".len() {
            return None;
        }
        if matches!(letters.as_slice(), b"javascript" | b"vbscript") {
            let before = place.checked_sub(1).map(|before| bytes[before]);
            let apart = before.is_none_or(|before| !before.is_ascii_alphanumeric());
            return apart.then_some(place);
        }
    }
    None
}

fn unbroken(scheme: &str) -> String {
    scheme.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a host may begin here, behind slashes of any kind and number.
fn starts_host(behind: &str) -> bool {
    let host = behind.trim_start_matches(['/', '\\']);
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
    let Some(comma) = behind.bytes().take(256).position(|byte| byte == b',') else {
        return false;
    };
    let kind = &behind[..comma];
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+/;=\"%*'".contains(&byte);
    kind.bytes().all(is_part)
        && (kind.is_empty() || kind.starts_with(';') || kind.as_bytes().contains(&b'/'))
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
    let bounded = &behind[..behind
        .char_indices()
        .nth(256)
        .map_or(behind.len(), |(end, _)| end)];
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
