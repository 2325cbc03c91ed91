//! Secrets that are known by their fingerprints alone: a length, a salt, and half of the SHA-256 of
//! both. Nobody who reads a fingerprint learns the secret, and whoever sends the secret is noticed,
//! whatever stands around it and in which of the usual encodings it goes.
//!
//! The mark of a fingerprint, 16 bits of the secret's first eight bytes, says cheaply where it cannot
//! stand, so every place of a text is looked at. Without a mark only whole runs of token characters are.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::bytes::{
    BASE64, DOT, EQUALS, HEX, PLUS_SLASH, TILDE, URL64, base64_value, hex_value, is,
};
use crate::view::View;

/// The lengths that a secret may have, in bytes.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;
/// The longest salt, in bytes.
const SALT: usize = 32;
/// How much of a digest is kept, in bytes.
const KEPT: usize = 16;
/// How many bytes a mark is made of, and the number that spreads them: the golden ratio's.
const MARKED: usize = 8;
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// How many digests one text may cost: a hundred times what a text of 64 KiB costs by chance. What
/// would need more is taken for the secret.
const MAX_DIGESTS: usize = 4_096;

/// One secret's fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    length: usize,
    salt: Vec<u8>,
    digest: [u8; KEPT],
    mark: Option<u16>,
}

/// The fingerprints of the secrets that are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprints {
    prints: Vec<Fingerprint>,
    /// A bit for each mark.
    marks: Vec<u64>,
}

/// A text that would cost too much.
struct Exhausted(usize);

impl Fingerprint {
    /// Reads `LENGTH:SALT:DIGEST` or `LENGTH:SALT:DIGEST:MARK`.
    pub fn new(written: &str) -> Option<Self> {
        let mut parts = written.split(':');
        let (length, salt, digest) = (parts.next()?, parts.next()?, parts.next()?);
        let mark = parts.next();
        let length = length
            .parse()
            .ok()
            .filter(|length| LENGTHS.contains(length))?;
        let salt = hex(salt).filter(|salt| !salt.is_empty() && salt.len() <= SALT)?;
        let mark = match mark {
            Some(mark) => Some(u16::from_be_bytes(hex(mark)?.try_into().ok()?)),
            None => None,
        };
        let digest = hex(digest)?.try_into().ok()?;
        parts.next().is_none().then_some(Self {
            length,
            salt,
            digest,
            mark,
        })
    }

    /// Whether it is that of `value`.
    pub fn is_of(&self, value: &[u8]) -> bool {
        let digest = || {
            Sha256::new()
                .chain_update(&self.salt)
                .chain_update(value)
                .finalize()
        };
        value.len() == self.length && digest()[..KEPT] == self.digest
    }
}

/// The mark of what begins with these eight bytes.
fn mark(first: u64) -> u16 {
    (first.wrapping_mul(SPREAD) >> 48) as u16
}

impl Fingerprints {
    /// Those of `prints`.
    pub fn new(prints: Vec<Fingerprint>) -> Self {
        let mut marks = Vec::new();
        for mark in prints.iter().filter_map(|print| print.mark) {
            marks.resize(1024, 0);
            marks[usize::from(mark >> 6)] |= 1 << (mark & 63);
        }
        Self { prints, marks }
    }

    /// Where in `text` any of the secrets stands: as it is, over several lines, with what nobody sees
    /// in it, backwards, in capitals, percent-encoded, in hexadecimal digits or in base64.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.prints.is_empty() {
            return found;
        }
        let mut digests = MAX_DIGESTS;
        let written = View::written(text);
        let joined = View::joined(text);
        let bases = std::iter::once(&written).chain(&joined);
        for base in bases {
            for view in spellings(base) {
                if let Err(Exhausted(at)) = self.search(&view, &mut digests, &mut found) {
                    found.push(at..at + 1);
                    return found;
                }
            }
        }
        found
    }

    fn search(
        &self,
        view: &View,
        digests: &mut usize,
        found: &mut Vec<Range<usize>>,
    ) -> Result<(), Exhausted> {
        let text = &view.bytes;
        let mut look = |print: &Fingerprint, from: usize| {
            let Some(value) = text.get(from..from + print.length) else {
                return Ok(());
            };
            *digests = digests.checked_sub(1).ok_or(Exhausted(view.place(from)))?;
            if print.is_of(value) {
                found.push(ordered(view.places(&(from..from + print.length))));
            }
            Ok(())
        };
        if !self.marks.is_empty() {
            let mut last = 0_u64;
            for (at, byte) in text.iter().enumerate() {
                last = last << 8 | u64::from(*byte);
                let mark = mark(last);
                if self.marks[usize::from(mark >> 6)] & 1 << (mark & 63) == 0 || at + 1 < MARKED {
                    continue;
                }
                for print in self.prints.iter().filter(|print| print.mark == Some(mark)) {
                    look(print, at + 1 - MARKED)?;
                }
            }
        }
        if self.prints.iter().all(|print| print.mark.is_some()) {
            return Ok(());
        }
        for run in runs(text, URL64 | DOT | PLUS_SLASH | TILDE | EQUALS) {
            let whole = self.prints.iter().filter(|print| print.mark.is_none());
            for print in whole.filter(|print| print.length == run.len()) {
                look(print, run.start)?;
            }
        }
        Ok(())
    }
}

/// A place read backwards is the same place.
fn ordered(range: Range<usize>) -> Range<usize> {
    range.start.min(range.end - 1)..range.end.max(range.start + 1)
}

/// `base` and what it may be another spelling of.
fn spellings(base: &View) -> Vec<View> {
    let mut all = vec![
        base.clone(),
        mapped(base, (0..base.bytes.len()).rev(), |byte| byte),
    ];
    if base.bytes.iter().any(u8::is_ascii_uppercase) {
        all.push(mapped(base, 0..base.bytes.len(), |byte| {
            byte.to_ascii_lowercase()
        }));
    }
    if base.bytes.contains(&b'%') {
        all.push(without_percent(base));
    }
    all.extend((0..2).map(|skipped| decoded(base, HEX, 4, skipped, hex_value)));
    let all_base64 = BASE64 | URL64;
    all.extend((0..4).map(|skipped| decoded(base, all_base64, 6, skipped, base64_value)));
    all.retain(|view| view.bytes.len() >= *LENGTHS.start());
    all
}

fn mapped(base: &View, order: impl Iterator<Item = usize>, becomes: fn(u8) -> u8) -> View {
    let (bytes, places) = order
        .map(|at| (becomes(base.bytes[at]), base.place(at) as u32))
        .unzip();
    View::of_places(bytes, places)
}

fn without_percent(base: &View) -> View {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < base.bytes.len() {
        let (byte, length) = match base.bytes[at..] {
            [b'%', high, low, ..] => match (hex_value(high), hex_value(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                (None, _) | (_, None) => (b'%', 1),
            },
            [byte, ..] => (byte, 1),
            [] => break,
        };
        bytes.push(byte);
        places.push(base.place(at) as u32);
        at += length;
    }
    View::of_places(bytes, places)
}

/// What the runs of `alphabet` say, `bits` a character, the first `skipped` of each left out. A zero stands between the runs.
fn decoded(
    base: &View,
    alphabet: crate::bytes::Alphabet,
    bits: usize,
    skipped: usize,
    value: fn(u8) -> Option<u8>,
) -> View {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    for run in runs(&base.bytes, alphabet) {
        if (run.len() - skipped.min(run.len())) * bits < LENGTHS.start() * 8 {
            continue;
        }
        let begin = run.start + skipped;
        let values = base.bytes[begin..run.end].iter();
        let (mut kept, mut held, mut read) = (0_u32, 0, 0);
        for value in values.filter_map(|byte| value(*byte)) {
            kept = kept << bits | u32::from(value);
            held += bits;
            if held >= 8 {
                held -= 8;
                bytes.push((kept >> held) as u8);
                // The character that holds the byte's first bit.
                places.push(base.place(begin + read * 8 / bits) as u32);
                read += 1;
            }
        }
        bytes.push(0);
        places.push(base.place(run.start) as u32);
    }
    View::of_places(bytes, places)
}

/// The runs of characters of `alphabet`.
fn runs(text: &[u8], alphabet: crate::bytes::Alphabet) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + text[at..].iter().position(|byte| is(*byte, alphabet))?;
        let end = crate::bytes::run(text, begin, alphabet, usize::MAX);
        at = end;
        Some(begin..end)
    })
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| match pair {
        [high, low] => Some(hex_value(*high)? << 4 | hex_value(*low)?),
        _ => None,
    });
    bytes.collect()
}

#[cfg(test)]
mod tests;
