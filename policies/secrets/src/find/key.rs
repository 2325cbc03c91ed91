//! Private keys: in armour with a line that says so, as PuTTY writes them, and the bare base64 of the
//! usual encodings. A line that only names such a key is none: some of it has to follow.

use std::ops::Range;

use crate::bytes::{BASE64, EQUALS, is, run};

/// How much of a key has to be there, in characters: less is `MIIE...` in a text about keys.
const ENOUGH: usize = 40;
/// The longest label in a first line, in bytes.
const LABEL: usize = 64;
/// How many lines such as `Proc-Type: 4,ENCRYPTED` are passed over, and the longest of them.
const HEADERS: usize = 8;
const HEADER: usize = 160;

/// How the base64 of keys begins that stand without armour, and how much has to follow: PKCS #8 of
/// RSA, EC and Ed25519, EC alone, and the format of OpenSSH.
const BARE: [(&[u8], usize); 6] = [
    (b"MIIEvQIBADANBgkqhkiG9w0BAQ", 100),
    (b"MIIJQgIBADANBgkqhkiG9w0BAQ", 100),
    (b"MIGHAgEAMBMGByqGSM49AgEG", 100),
    (b"MC4CAQAwBQYDK2VwBCIEI", 40),
    (b"MHcCAQEEI", 100),
    (b"b3BlbnNzaC1rZXktdjEA", 100),
];

/// The private key whose first line says `BEGIN` at `at`.
pub(super) fn armoured(text: &[u8], at: usize) -> Option<Range<usize>> {
    let label = at + b"BEGIN ".len();
    if !text[at..].starts_with(b"BEGIN ") || !text[..at].trim_ascii_end().ends_with(b"--") {
        return None;
    }
    let line = &text[label..text.len().min(label + LABEL)];
    let end = line.windows(2).position(|two| two == b"--")?;
    let name = line[..end].trim_ascii_end();
    let name = name.strip_suffix(b" BLOCK").unwrap_or(name);
    if !name.ends_with(b"PRIVATE KEY") {
        return None;
    }
    let body = skip(text, label + end, |byte| byte == b'-');
    Some(at..key_end(text, body)?)
}

/// The private key in the file of PuTTY's whose line `Private-Lines` begins at `at`.
pub(super) fn putty(text: &[u8], at: usize) -> Option<Range<usize>> {
    const LINE: &[u8] = b"Private-Lines:";
    if !text[at..].starts_with(LINE) {
        return None;
    }
    let body = skip(text, at + LINE.len(), |byte| {
        byte == b' ' || byte.is_ascii_digit()
    });
    Some(at..key_end(text, body)?)
}

/// The private key whose base64 begins at `at` without armour.
pub(super) fn bare(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let (_, enough) = BARE.iter().find(|(begin, _)| rest.starts_with(begin))?;
    let end = run(text, at, BASE64, *enough);
    (end - at == *enough).then_some(at..end)
}

/// Where enough of a key stands that begins at or after `from`.
fn key_end(text: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut got, mut headers) = (from, 0, 0);
    while got < ENOUGH {
        at = skip_breaks(text, at);
        if let Some(after) = header_end(text, at).filter(|_| headers < HEADERS && got == 0) {
            (at, headers) = (after, headers + 1);
            continue;
        }
        let end = run(text, at, BASE64 | EQUALS, ENOUGH - got);
        if end == at {
            return None;
        }
        (at, got) = (end, got + end - at);
    }
    let key = text[from..at].iter().filter(|byte| is(**byte, BASE64));
    let key: Vec<u8> = key.copied().collect();
    (!super::plain::is_placeholder(&key[key.len().saturating_sub(ENOUGH)..])).then_some(at)
}

/// Where what stands between the lines of a key ends: ends of lines, also as a string writes them,
/// and what quotes and joins strings.
fn skip_breaks(text: &[u8], mut at: usize) -> usize {
    loop {
        at = match &text[at..] {
            [b'\\', b'n' | b'r' | b't', ..] => at + 2,
            [
                b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'\\' | b',' | b'>' | b'|',
                ..,
            ] => at + 1,
            _ => return at,
        };
    }
}

/// Where the line at `at` ends, if it is a header.
fn header_end(text: &[u8], at: usize) -> Option<usize> {
    let line = &text[at..text.len().min(at + HEADER)];
    let end = line.iter().position(|byte| matches!(byte, b'\n' | b'\\'))?;
    let colon = line[..end].iter().position(|byte| *byte == b':')?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    (colon > 0 && line[..colon].iter().all(is_name)).then_some(at + end)
}

fn skip(text: &[u8], from: usize, is_skipped: impl Fn(u8) -> bool) -> usize {
    let rest = text[from..].iter();
    from + rest.take_while(|byte| is_skipped(**byte)).count()
}
