//! Lists of numbers, as the build packs them, a quarter of their size: each number takes as many
//! bytes as it needs, and bytes that stood there before are repeated from there.
//!
//! Packed is a sequence of steps: how many bytes are given, these, how many are repeated, and from
//! how far back. `build/pack.rs` writes what is read here.

/// The lists that the build packed under `name`.
macro_rules! packed {
    ($name:literal) => {
        $crate::packed::Packed(include_bytes!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}

pub(crate) use packed;

/// Some lists, packed.
pub(crate) struct Packed(pub(crate) &'static [u8]);

/// Some lists, ready to be read in the order in which they were packed.
pub(crate) struct Lists {
    bytes: Vec<u8>,
    at: usize,
}

impl Packed {
    /// Unpacks the lists. Steps that make no sense end them.
    #[inline(never)]
    pub(crate) fn open(&self) -> Lists {
        let mut bytes = Vec::with_capacity(self.0.len() * 4);
        let mut at = 0;
        while at < self.0.len() {
            let given = number(self.0, &mut at) as usize;
            let Some(part) = self.0.get(at..at + given) else {
                break;
            };
            bytes.extend_from_slice(part);
            at += given;
            let repeated = number(self.0, &mut at) as usize;
            let back = number(self.0, &mut at) as usize;
            for _ in 0..repeated {
                let place = bytes.len().wrapping_sub(back);
                let Some(byte) = bytes.get(place) else {
                    break;
                };
                bytes.push(*byte);
            }
        }
        Lists { bytes, at: 0 }
    }
}

impl Lists {
    /// The next list, of numbers packed as they are.
    #[inline(never)]
    pub(crate) fn numbers(&mut self) -> Vec<u32> {
        let count = number(&self.bytes, &mut self.at);
        (0..count)
            .map(|_| number(&self.bytes, &mut self.at))
            .collect()
    }

    /// The next list, of numbers packed as their differences, the sign of each in its lowest bit.
    #[inline(never)]
    pub(crate) fn sums(&mut self) -> Vec<u32> {
        let mut list = self.numbers();
        let mut sum = 0_u32;
        for number in &mut list {
            let apart = *number >> 1;
            sum = match *number & 1 {
                0 => sum.wrapping_add(apart),
                _ => sum.wrapping_sub(apart),
            };
            *number = sum;
        }
        list
    }
}

/// The number at `at`, seven bits in each byte, the lowest first; past the end there are zeros.
#[inline(never)]
fn number(bytes: &[u8], at: &mut usize) -> u32 {
    let (mut number, mut shift) = (0, 0);
    while let Some(byte) = bytes.get(*at) {
        *at += 1;
        number |= u32::from(byte & 0x7F).unbounded_shl(shift);
        shift += 7;
        if *byte < 0x80 {
            break;
        }
    }
    number
}
