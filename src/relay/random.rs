//! Randomness for secrets, keys and ids, from the system.

use crate::types::digest::encode_hex;

/// `N` random bytes in lower-case hex.
pub(super) fn hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    fill(&mut bytes);
    encode_hex(&bytes)
}

/// Eight random digits, of which the first is not zero.
pub(super) fn eight_digits() -> String {
    let mut bytes = [0; 8];
    fill(&mut bytes);
    let number = 10_000_000 + u64::from_le_bytes(bytes) % 90_000_000;
    number.to_string()
}

fn fill(bytes: &mut [u8]) {
    #[expect(
        clippy::expect_used,
        reason = "a system without randomness cannot make a key; there is nothing to go on with"
    )]
    getrandom::fill(bytes).expect("the system gives random bytes");
}
