//! Runs of ASCII letters and digits, found eight bytes at a time.
//!
//! Every turn of a loop in a policy also asks whether its time is up, which costs as much as a byte
//! does; so the loops here turn once for eight bytes.

/// The same byte eight times.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; BLOCK])
}

/// The bytes of a block.
const BLOCK: usize = 8;
const HIGH: u64 = each(0x80);

/// A run of ASCII letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) length: usize,
    pub(super) has_digit: bool,
}

impl Run {
    /// The run at the start of `bytes`, which may be none.
    pub(super) fn at_start_of(bytes: &[u8]) -> Self {
        let mut run = Self::in_block(block(bytes));
        let mut taken = run.length;
        while taken == BLOCK {
            let more = Self::in_block(block(&bytes[run.length..]));
            taken = more.length;
            run.length += taken;
            run.has_digit |= more.has_digit;
        }
        run
    }

    fn in_block(block: u64) -> Self {
        let digits = between(block, b'0', b'9');
        // Setting this bit makes letters small, and no letter of anything else.
        let letters = between(block | each(0x20), b'a', b'z') & !(block & HIGH);
        let others = !(digits | letters) & HIGH;
        // The bits below the first of the others.
        let of_run = others.wrapping_sub(1) & !others;
        Self {
            length: others.trailing_zeros() as usize / 8,
            has_digit: digits & of_run != 0,
        }
    }
}

/// The first eight bytes, the first in the lowest bits; zeros where there are fewer.
fn block(bytes: &[u8]) -> u64 {
    if let Some(whole) = bytes.first_chunk() {
        return u64::from_le_bytes(*whole);
    }
    let mut block = [0; BLOCK];
    for (place, byte) in block.iter_mut().zip(bytes) {
        *place = *byte;
    }
    u64::from_le_bytes(block)
}

/// The highest bit of each byte that is ASCII and lies between `first` and `last`.
fn between(block: u64, first: u8, last: u8) -> u64 {
    let ascii = block & !HIGH;
    let at_least = ascii + each(0x80 - first);
    let above = ascii + each(0x7F - last);
    at_least & !above & !block & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, byte by byte.
    fn plainly(bytes: &[u8]) -> Run {
        let run = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric());
        Run {
            length: run.clone().count(),
            has_digit: run.clone().any(u8::is_ascii_digit),
        }
    }

    #[test]
    fn runs_are_what_they_are_byte_by_byte() {
        for byte in 0..=u8::MAX {
            for before in 0..18 {
                for behind in [&b""[..], b"z", b"7 letters", b"\xFF"] {
                    let text = [&vec![b'q'; before], &[byte][..], behind].concat();
                    assert_eq!(Run::at_start_of(&text), plainly(&text), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_run_may_be_all_there_is() {
        for length in 0..40 {
            let text = vec![b'x'; length];
            assert_eq!(Run::at_start_of(&text), plainly(&text));
        }
    }
}
