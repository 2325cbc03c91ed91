//! Digits that say bytes: hexadecimal ones, base32 and base64. All bytes that a run of digits can mean,
//! wherever in it the first one begins, are looked at in one pass, and none of them is written down.

use crate::bytes::{base64_value, hex_value};
use crate::view::View;

use super::search::{Exhausted, Search};

/// The values of all bytes, by a function that may run while compiling.
macro_rules! values {
    ($of:ident) => {{
        let mut values = [NONE; 256];
        let mut byte = 0;
        while byte < 256 {
            if let Some(value) = $of(byte as u8) {
                values[byte] = value;
            }
            byte += 1;
        }
        values
    }};
}

/// One kind of digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    /// The value of each byte, and [`NONE`] for what is no digit.
    values: &'static [u8; 256],
    /// How many bits one of them says.
    bits: usize,
    /// How far apart, in bits, bytes can begin: what divides both eight and the bits of a digit.
    stride: usize,
}

pub(super) const HEX: Digits = Digits {
    values: &HEX_VALUES,
    bits: 4,
    stride: 4,
};

/// Base64 in either of its alphabets.
pub(super) const BASE64: Digits = Digits {
    values: &BASE64_VALUES,
    bits: 6,
    stride: 2,
};

/// Base32 in capitals or small letters.
pub(super) const BASE32: Digits = Digits {
    values: &BASE32_VALUES,
    bits: 5,
    stride: 1,
};

impl Digits {
    fn value(self, byte: u8) -> Option<u8> {
        let value = self.values[usize::from(byte)];
        (value != NONE).then_some(value)
    }

    /// Looks at what the digits of `view` say.
    #[inline(never)]
    pub(super) fn search(self, view: &View, search: &mut Search<'_>) -> Result<(), Exhausted> {
        if search.prints.marks.is_empty() {
            return Ok(());
        }
        // Where the run began, the bits of it that were read, and the last 64 of them.
        let (mut begin, mut read, mut last) = (0, 0, 0_u64);
        for (at, byte) in view.bytes.iter().enumerate() {
            let Some(value) = self.value(*byte).map(u64::from) else {
                (begin, read) = (at + 1, 0);
                continue;
            };
            for taken in (self.stride..=self.bits).step_by(self.stride) {
                let window = last << taken | value >> (self.bits - taken);
                if search.is_marked(window)
                    && let Some(first) = (read + taken).checked_sub(64)
                {
                    let (from, skipped) = (begin + first / self.bits, first % self.bits);
                    let value = |length| {
                        let value = self.bytes(&view.bytes[from..], skipped, length)?;
                        let digits = (skipped + length * 8).div_ceil(self.bits);
                        Some((value, from..from + digits))
                    };
                    search.look(view, window, &value)?;
                }
            }
            last = last << self.bits | value;
            read += self.bits;
        }
        Ok(())
    }

    /// Looks at whole runs of digits, for the fingerprints without a mark.
    #[inline(never)]
    pub(super) fn runs(self, view: &View, search: &mut Search<'_>) -> Result<(), Exhausted> {
        let prints = search.prints;
        let is_digit = |byte: &u8| self.value(*byte).is_some();
        let mut at = 0;
        for run in view.bytes.split(|byte| !is_digit(byte)) {
            for print in prints.prints.iter().filter(|print| print.mark.is_none()) {
                if (print.length * 8).div_ceil(self.bits) == run.len()
                    && let Some(value) = self.bytes(run, 0, print.length)
                {
                    search.try_out(print, &value, view, at..at + run.len())?;
                }
            }
            at += run.len() + 1;
        }
        Ok(())
    }

    /// The first `length` bytes that `digits` say but for `skipped` bits; none where a digit is missing.
    fn bytes(self, digits: &[u8], skipped: usize, length: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length);
        let (mut held, mut bits) = (0_u32, 0);
        for digit in digits {
            if bytes.len() == length {
                break;
            }
            held = held << self.bits | u32::from(self.value(*digit)?);
            bits += self.bits;
            if bytes.is_empty() && bits == self.bits {
                bits -= skipped;
            }
            if bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits) as u8);
            }
        }
        (bytes.len() == length).then_some(bytes)
    }
}

/// The value of what is no digit.
const NONE: u8 = 0xff;

static HEX_VALUES: [u8; 256] = values!(hex_value);
static BASE64_VALUES: [u8; 256] = values!(base64_value);
static BASE32_VALUES: [u8; 256] = values!(base32_value);

const fn base32_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_say_bytes_wherever_they_begin() {
        for (digits, text, skipped, expected) in [
            (HEX, "3f9a", 0, "\x3f\u{9a}"),
            (HEX, "x3f9a", 0, ""),
            (HEX, "3f9", 0, ""),
            (BASE64, "aGVsbG8=", 0, "he"),
            (BASE64, "GVsbG8=", 2, "el"),
            (BASE32, "nbswy3dp", 0, "he"),
            (BASE32, "BSWY3DP", 3, "el"),
        ] {
            let expected: Vec<u8> = expected.chars().map(|c| c as u8).collect();
            let expected = Some(expected).filter(|bytes| !bytes.is_empty());
            assert_eq!(
                digits.bytes(text.as_bytes(), skipped, 2),
                expected,
                "{text}"
            );
        }
    }
}
