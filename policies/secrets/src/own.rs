//! Secrets that are known by their fingerprints alone: a length, a salt, and half of the SHA-256 of
//! both. Nobody who reads a fingerprint learns the secret, and whoever sends the secret is noticed,
//! whatever stands around it and in which of the usual encodings it goes.
//!
//! The mark of a fingerprint, 16 bits of the secret's first eight bytes, says cheaply where it cannot
//! stand, so every place of a text is looked at. Without a mark only whole runs of token characters are.
//!
//! [`spelling`] is the list of ways to write a text in which secrets are looked for, [`search`] looks
//! in one of them, [`packed`] in digits that say bytes, [`escape`] and [`dump`] read two of the ways.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::bytes::hex_value;

mod dump;
mod escape;
mod packed;
mod search;
mod spelling;

use search::Search;

/// The lengths that a secret may have, in bytes.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;
/// The longest salt, in bytes.
const SALT: usize = 32;
/// How much of a digest is kept, in bytes.
const KEPT: usize = 16;
/// How many bytes a mark is made of, and the number that spreads them: the golden ratio's.
const MARKED: usize = 8;
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

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

    /// Where in `text` any of the secrets stands, as it is or in any of the [`spelling`]s. A place
    /// that says it in several of them is told as often.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        if self.prints.is_empty() {
            return Vec::new();
        }
        let mut search = Search::new(self);
        // What stops the search has left its place.
        let _ = spelling::search(text, &mut search);
        search.found
    }

    /// Whether one of them has no mark.
    fn has_unmarked(&self) -> bool {
        self.prints.iter().any(|print| print.mark.is_none())
    }
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
