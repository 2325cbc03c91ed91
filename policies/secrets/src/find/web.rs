//! Tokens without a prefix that is theirs alone, each held against what it is made of; and what stands
//! before the host of a URL.

use std::ops::Range;

use super::plain;
use super::shape::{self, Runs};
use crate::bytes::{
    ALNUM, DASH, DIGIT, DOT, ENDS_USER, PLUS_SLASH, TILDE, URL64, base64, is, is_at, run,
};
use crate::detector::Detector;

/// The least of a signature, or of what is encrypted, in base64.
const SIGNATURE: usize = 20;
/// How much of a header is read to see whether it is one, in characters of base64.
const JWT_HEADER: usize = 400;
/// The longest scheme, and the longest that stands before a host, in bytes.
const SCHEME: usize = 32;
const USER: usize = 512;

/// Schemes by which databases and queues are reached.
const DATABASES: [&[u8]; 18] = [
    b"postgres",
    b"postgresql",
    b"mysql",
    b"mysqlx",
    b"mariadb",
    b"mongodb",
    b"mongodb+srv",
    b"redis",
    b"rediss",
    b"amqp",
    b"amqps",
    b"mssql",
    b"sqlserver",
    b"clickhouse",
    b"cockroachdb",
    b"nats",
    b"couchbase",
    b"ldaps",
];

/// Hosts that no secret is for: they are kept for examples.
const EXAMPLES: [&[u8]; 6] = [
    b"example.com",
    b"example.org",
    b"example.net",
    b".example",
    b".test",
    b".invalid",
];

/// The signed or encrypted JSON Web Token that begins at `at`.
pub(super) fn jwt(text: &[u8], at: usize, runs: &mut Runs) -> Option<Range<usize>> {
    if !text[at..].starts_with(b"eyJ") || !shape::stands_apart(text, at) {
        return None;
    }
    let mut lengths = [0; 5];
    let (mut end, mut parts) = (at, 0);
    while let Some(length) = lengths.get_mut(parts) {
        let from = end + usize::from(parts > 0);
        end = runs.end(text, from, URL64);
        *length = end - from;
        parts += 1;
        if text.get(end) != Some(&b'.') || !is_at(text, end + 1, URL64) {
            break;
        }
    }
    let is_whole = match parts {
        3 => lengths[1] >= 8 && lengths[2] >= SIGNATURE,
        5 => lengths[4] >= SIGNATURE,
        _ => false,
    };
    let header = base64(&text[at..at + lengths[0].min(JWT_HEADER)]);
    let names_algorithm = header.windows(5).any(|five| five == b"\"alg\"");
    (is_whole && names_algorithm).then_some(at..end)
}

/// The token of a Telegram bot whose colon stands at `at`: the bot's number before it, a key after.
pub(super) fn telegram(text: &[u8], at: usize, runs: &mut Runs) -> Option<Range<usize>> {
    if text.get(at + 1) != Some(&b'A') {
        return None;
    }
    let digits = text[..at].iter().rev().take(11);
    let digits = digits.take_while(|byte| is(**byte, DIGIT)).count();
    let end = runs.end(text, at + 1, URL64);
    let key = &text[at + 1..end];
    ((8..=10).contains(&digits) && key.len() == 35 && !plain::is_placeholder(key))
        .then_some(at - digits..end)
}

/// The token of a Discord bot that begins at `at`: the base64 of its number, a time, a key.
pub(super) fn discord(text: &[u8], at: usize, runs: &mut Runs) -> Option<Range<usize>> {
    if !shape::stands_apart(text, at) {
        return None;
    }
    let mut end = runs.end(text, at, URL64);
    let number = &text[at..end];
    if !(24..=28).contains(&number.len()) || text.get(end) != Some(&b'.') {
        return None;
    }
    for (least, most) in [(6, 7), (27, 40)] {
        let from = end + 1;
        end = runs.end(text, from, URL64);
        if !(least..=most).contains(&(end - from)) || (least == 6 && text.get(end) != Some(&b'.')) {
            return None;
        }
    }
    let number = base64(number);
    let is_number = number.len() >= 17 && number.iter().all(u8::is_ascii_digit);
    is_number.then_some(at..end)
}

/// The client secret of Azure whose `Q~` stands at `at`.
pub(super) fn azure(text: &[u8], at: usize) -> Option<Range<usize>> {
    let begin = at.checked_sub(4)?;
    let before = &text[begin..at];
    let is_begun = before[..3]
        .iter()
        .all(|byte| is(*byte, ALNUM | DASH | DOT | TILDE))
        && is(before[3], DIGIT)
        && shape::stands_apart(text, begin);
    if text.get(at + 1) != Some(&b'~') || !is_begun {
        return None;
    }
    let end = run(text, at + 2, URL64 | DOT | TILDE, 40);
    let rest = &text[at + 2..end];
    ((31..=34).contains(&rest.len()) && !plain::is_placeholder(rest)).then_some(begin..end)
}

/// The password, or the token in its place, in the URL whose `://` stands at `at`.
pub(super) fn url(text: &[u8], at: usize) -> Option<(Detector, Range<usize>)> {
    if !text[at..].starts_with(b"://") {
        return None;
    }
    let begin = at + 3;
    let rest = &text[begin..text.len().min(begin + USER)];
    let ends = rest
        .iter()
        .position(|byte| is(*byte, ENDS_USER) && *byte != b'@');
    let user = &rest[..ends.unwrap_or(rest.len())];
    let user = &user[..user.iter().rposition(|byte| *byte == b'@')?];
    let host = begin + user.len() + 1;
    let host = &text[host..run(text, host, ALNUM | DASH | DOT, 256)];
    if EXAMPLES.iter().any(|example| host.ends_with(example)) {
        return None;
    }
    let colon = user.iter().position(|byte| *byte == b':');
    let (name, password) = match colon {
        Some(colon) => (&user[..colon], &user[colon + 1..]),
        None => (&user[..0], user),
    };
    let is_one = match colon {
        Some(_) => plain::is_password(password, name),
        None => shape::is_credential(password),
    };
    let password = begin + user.len() - password.len()..begin + user.len();
    is_one.then_some((by_scheme(text, at), password))
}

fn by_scheme(text: &[u8], at: usize) -> Detector {
    let before = text[..at].iter().rev().take(SCHEME);
    let length = before
        .take_while(|byte| is(**byte, ALNUM | PLUS_SLASH | DASH | DOT))
        .count();
    let scheme = text[at - length..at].to_ascii_lowercase();
    match DATABASES.iter().any(|database| scheme == *database) {
        true => Detector::ConnectionString,
        false => Detector::UrlPassword,
    }
}
