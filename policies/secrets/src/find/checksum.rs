//! The checksum that GitHub and npm put at the end of their tokens: CRC-32 in six digits to the base
//! 62, so that nothing passes for such a token by chance.

/// The polynomial of CRC-32, its bits reversed.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The digits of the base 62 in their order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits the checksum has.
pub const LENGTH: usize = 6;

/// Whether `body` ends in the checksum of what stands before it.
pub fn holds(body: &[u8]) -> bool {
    let Some((random, sum)) = body.split_last_chunk::<LENGTH>() else {
        return false;
    };
    *sum == checksum(random)
}

/// The checksum of `random`.
pub fn checksum(random: &[u8]) -> [u8; LENGTH] {
    let mut rest = crc32(random);
    let mut sum = [DIGITS[0]; LENGTH];
    for digit in sum.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    sum
}

fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| match sum & 1 {
            0 => sum >> 1,
            _ => sum >> 1 ^ POLYNOMIAL,
        })
    });
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_published_example() {
        // The check value of CRC-32, and the example token of GitHub's announcement, in pieces.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let random = ["zQWBuTSOoRi4A9s", "pHcVY5ncnsDkxkJ"].concat();
        assert_eq!(checksum(random.as_bytes()), *b"0mLq17");
        assert!(holds([&random, "0mLq17"].concat().as_bytes()));
        assert!(!holds([&random, "0mLq18"].concat().as_bytes()));
        assert!(!holds(b"abc"));
    }
}
