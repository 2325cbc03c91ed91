//! What is remembered of a text: enough to tell whether another one is nearly the same.
//!
//! The text is folded first: lower case, letters and digits alone, one space between words, every
//! number the same. Of its shingles (four characters running) a sketch is kept: each shingle's hash
//! falls into one of [`BINS`] bins, and a bin keeps its greatest. The share of bins in which two
//! sketches agree is close to the share of shingles that the texts have in common. No word of any
//! language is known here.

use self::fold::fold;

mod fold;

/// How many bins a sketch has.
const BINS: usize = 24;
/// A fingerprint as it is remembered.
pub const BYTES: usize = 8 + BINS;

/// A text of less weight has too few shingles to be nearly like another: it is the same or not.
const SHORT: u32 = 16;
/// A text of at most this weight and so many words says little.
const SLIGHT: (u32, u32) = (18, 4);
/// Two sketches are nearly the same where they agree in so many of their bins.
const NEARLY: (usize, usize) = (7, 10);

/// What is remembered of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// The hash of the folded text.
    whole: u32,
    /// The hash of its numbers.
    numbers: u16,
    /// Too short to be nearly like another.
    short: bool,
    /// Says little and asks nothing: what an acknowledgement is, in any language.
    slight: bool,
    /// A byte of the greatest hash of each bin, 0 where it is empty.
    sketch: [u8; BINS],
}

impl Fingerprint {
    /// The fingerprint of `text`.
    pub fn of(text: &str) -> Self {
        let mut sketching = Sketching::default();
        let folded = fold(text, |character| sketching.take(character));
        let asks = folded.asks || folded.numbers.is_some();
        Self {
            whole: sketching.whole(),
            numbers: folded.numbers.unwrap_or_default() as u16,
            short: folded.weight < SHORT,
            slight: folded.weight <= SLIGHT.0 && folded.words <= SLIGHT.1 && !asks,
            sketch: sketching.sketch(),
        }
    }

    /// Whether the two are the same, or nearly, but for their numbers.
    pub fn resembles(&self, other: &Self) -> bool {
        if self.whole == other.whole {
            return true;
        }
        if self.short || other.short {
            return false;
        }
        let bins = self.sketch.iter().zip(&other.sketch);
        let used = bins.clone().filter(|(a, b)| **a != 0 || **b != 0).count();
        let agree = bins.filter(|(a, b)| **a != 0 && a == b).count();
        agree * NEARLY.1 >= used * NEARLY.0
    }

    /// Whether the two are the same, or nearly, and so are their numbers.
    pub fn repeats(&self, other: &Self) -> bool {
        self.numbers == other.numbers && self.resembles(other)
    }

    /// Whether the text is too short to be nearly like another.
    pub fn is_short(&self) -> bool {
        self.short
    }

    /// Whether the text says little and asks nothing.
    pub fn is_slight(&self) -> bool {
        self.slight
    }

    /// As it is remembered.
    pub fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..4].copy_from_slice(&self.whole.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.numbers.to_be_bytes());
        bytes[6] = u8::from(self.short);
        bytes[7] = u8::from(self.slight);
        bytes[8..].copy_from_slice(&self.sketch);
        bytes
    }

    /// As it was remembered.
    pub fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        let [a, b, c, d, e, f, short, slight, sketch @ ..] = *bytes;
        Self {
            whole: u32::from_be_bytes([a, b, c, d]),
            numbers: u16::from_be_bytes([e, f]),
            short: short != 0,
            slight: slight != 0,
            sketch,
        }
    }
}

/// A sketch in the making. Its hashes are no secret: who would make two texts collide makes his own
/// conversation end early.
#[derive(Default)]
struct Sketching {
    /// The hash of all shingles so far.
    whole: u64,
    /// The last four characters, 16 bits of each, the newest last.
    shingle: u64,
    characters: usize,
    /// The greatest hash of each bin; 0 is none.
    greatest: [u32; BINS],
}

impl Sketching {
    fn take(&mut self, character: u32) {
        self.shingle = (self.shingle << 16) | u64::from(character & 0xffff);
        self.characters += 1;
        if self.characters >= 4 {
            let hash = (self.shingle ^ (self.shingle >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let bin = (((hash >> 32) * BINS as u64) >> 32) as usize;
            let rank = (hash >> 8) as u32;
            self.whole = self.whole.rotate_left(5).wrapping_add(hash);
            self.greatest[bin] = self.greatest[bin].max(rank);
        }
    }

    /// The hash of all characters, of less than four too.
    fn whole(&self) -> u32 {
        let mixed = (self.whole ^ self.shingle).wrapping_add(self.characters as u64);
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
    }

    /// A byte of each is enough to compare; 0 stays for the empty ones.
    fn sketch(&self) -> [u8; BINS] {
        self.greatest.map(|rank| match rank {
            0 => 0,
            rank => ((rank >> 16) as u8 ^ rank as u8).max(1),
        })
    }
}

#[cfg(test)]
mod tests;
