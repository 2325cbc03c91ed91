//! Tokens that begin with a prefix of their provider's: how one is described, and whether one begins
//! at a place. [`table`](super::table) holds them all.

use std::iter;

use super::checksum;
use super::plain;
use super::table::{SHAPES, STARTS};
use crate::bytes::{ALNUM, Alphabet, is, is_at, run};
use crate::detector::Detector;

/// What tokens of one provider look like: a prefix, and what follows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// How it begins.
    pub(super) prefix: &'static str,
    /// Whose it is.
    pub(super) detector: Detector,
    /// What follows.
    pub(super) first: Piece,
    /// What follows that, piece by piece.
    pub(super) more: &'static [Piece],
    /// What stands between the pieces.
    pub(super) between: u8,
    /// What makes it more than a shape.
    pub(super) check: Check,
}

/// A run of characters of one alphabet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// The alphabet.
    pub(super) alphabet: Alphabet,
    /// The least that it has.
    pub(super) least: usize,
    /// The most.
    pub(super) most: usize,
}

/// What a token is held against beside its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// It is no placeholder and no words.
    Unlike,
    /// It ends in its checksum.
    Checksum,
    /// It looks random, and has digits among its letters: its prefix is a word of every day.
    Random,
    /// It is the base64 of a name and a password.
    Pair,
}

/// How much of a token is held against placeholders, in bytes.
const CHECKED: usize = 64;

/// Bits for each character of what follows a word of every day.
const RANDOM_BITS: f64 = 3.5;

/// Where runs end, remembered, so that a text of nothing but prefixes is read once.
#[derive(Debug, Default)]
pub(super) struct Runs(Vec<(Alphabet, usize, usize)>);

impl Runs {
    /// Where the run of `alphabet` that `from` stands in ends.
    pub(super) fn end(&mut self, text: &[u8], from: usize, alphabet: Alphabet) -> usize {
        let known = self.0.iter_mut().find(|(known, _, _)| *known == alphabet);
        if let Some((_, begins, ends)) = known {
            if !(*begins..*ends).contains(&from) {
                (*begins, *ends) = (from, run(text, from, alphabet, usize::MAX));
            }
            return *ends;
        }
        let ends = run(text, from, alphabet, usize::MAX);
        self.0.push((alphabet, from, ends));
        ends
    }
}

/// The shape of the token that begins at `at`, and where it ends.
pub(super) fn at(text: &[u8], at: usize, runs: &mut Runs) -> Option<(&'static Shape, usize)> {
    let first = usize::from(text[at]);
    let shapes = &SHAPES[usize::from(STARTS[first])..usize::from(STARTS[first + 1])];
    let rest = &text[at..];
    let mut shapes = shapes
        .iter()
        .filter(|shape| rest.starts_with(shape.prefix.as_bytes()));
    shapes.find_map(|shape| {
        let may_begin = shape.is_loud() || stands_apart(text, at);
        let end = may_begin.then(|| shape.end(text, at, runs))??;
        Some((shape, end))
    })
}

/// Whether no letter or digit stands before `at`, but for that of an escape such as `\n`.
pub(super) fn stands_apart(text: &[u8], at: usize) -> bool {
    match text[..at] {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., before] => !is(before, ALNUM),
        [] => true,
    }
}

impl Shape {
    /// Whether nobody takes the prefix for part of a word.
    fn is_loud(&self) -> bool {
        let prefix = self.prefix.as_bytes();
        let last = prefix[prefix.len() - 1];
        self.check == Check::Checksum || (prefix.len() >= 5 && !is(last, ALNUM) && last != b' ')
    }

    /// Where the token that begins at `at` with the prefix ends, if it is one.
    fn end(&self, text: &[u8], at: usize, runs: &mut Runs) -> Option<usize> {
        let body = at + self.prefix.len();
        let mut from = body;
        for (place, piece) in iter::once(&self.first).chain(self.more).enumerate() {
            if place > 0 {
                if text.get(from) != Some(&self.between) {
                    return None;
                }
                from += 1;
            }
            let end = runs.end(text, from, piece.alphabet);
            let is_longer = end - from > piece.most;
            // The checksum says where the token ends, whatever follows.
            if end - from < piece.least || (is_longer && self.check != Check::Checksum) {
                return None;
            }
            from = end.min(from + piece.most);
        }
        let is_one = match self.check {
            Check::Checksum => return self.summed(text, body, from),
            Check::Unlike => is_token(&text[body..from.min(body + CHECKED)], &self.first),
            Check::Random => is_credential(&text[body..from]),
            Check::Pair => is_pair(&text[body..from]),
        };
        (is_one && !is_at(text, from, ALNUM)).then_some(from)
    }

    /// Where the token ends whose checksum is right: where its run ends, or at its usual length.
    fn summed(&self, text: &[u8], body: usize, end: usize) -> Option<usize> {
        let usual = body + self.first.least;
        let mut ends = [usual, end].into_iter();
        ends.find(|end| checksum::holds(&text[body..*end]))
    }
}

/// Whether what follows a prefix is no placeholder, and no words where words can be as long.
fn is_token(body: &[u8], piece: &Piece) -> bool {
    let has_digits = body.iter().any(u8::is_ascii_digit);
    // Letters alone can look like words by chance; few words have digits in them.
    let is_words = piece.least < piece.most && !has_digits && plain::is_wordy(body);
    !is_words && !plain::is_placeholder(body)
}

/// Whether `value`, after a word such as `Bearer`, is what lets somebody in.
pub(super) fn is_credential(value: &[u8]) -> bool {
    let value = &value[..value.len().min(CHECKED)];
    plain::kinds(value) >= 2
        && value.iter().any(u8::is_ascii_digit)
        && !plain::is_placeholder(value)
        && !plain::is_wordy(value)
        && !plain::is_id(value)
        && plain::is_random(value, RANDOM_BITS)
}

/// Whether `value` is the base64 of a name and a password.
fn is_pair(value: &[u8]) -> bool {
    let pair = crate::bytes::base64(value);
    let mut halves = pair.splitn(2, |byte| *byte == b':');
    let (Some(name), Some(password)) = (halves.next(), halves.next()) else {
        return false;
    };
    name.iter().all(u8::is_ascii_graphic) && plain::is_password(password, name)
}
