//! Own secrets: fingerprints as the daemon makes them, and the spellings in which `secrets` knows one.

use std::ops::RangeInclusive;

use sha2::{Digest as _, Sha256};

/// Secrets as there are: in small hexadecimal digits, and of every character that stands in tokens.
pub(super) const SECRETS: [&str; 2] = [
    "5d0e83b1f7c92a6440be17d8a3f95c2e6b81d04f97a2c3e85f16b0d93c7ae482",
    "q7-Rk_2V/tX9+mZp.4L~wN8=sYd",
];

/// The lengths of a secret that has a fingerprint, in bytes.
const LENGTHS: RangeInclusive<usize> = 8..=256;
const SALT: [u8; 16] = *b"sixteen of these";
/// How much of a digest is kept, in bytes.
const KEPT: usize = 16;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The fingerprint of `secret` with its mark, if it can have one.
pub(super) fn marked(secret: &[u8]) -> Option<String> {
    let first = secret
        .first_chunk()
        .filter(|_| LENGTHS.contains(&secret.len()))?;
    let mark = u64::from_be_bytes(*first).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    Some(format!("{}:{mark:04x}", unmarked(secret)))
}

/// The fingerprint of `secret` without a mark.
pub(super) fn unmarked(secret: &[u8]) -> String {
    let salted = Sha256::new().chain_update(SALT).chain_update(secret);
    let digest = hex(&salted.finalize()[..KEPT]);
    format!("{}:{}:{digest}", secret.len(), hex(&SALT))
}

/// `secret`, which is graphic ASCII, in each of the usual spellings.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let each = |spelled: fn(char) -> String| secret.chars().map(spelled).collect();
    let (begin, end) = secret.split_at(secret.len() / 2);
    let mut all = encodings(secret);
    all.extend([
        secret.chars().rev().collect(),
        each(|c| format!("{c}\u{200b}")),
        each(|c| format!("{c} ")),
        each(|c| char::from_u32(c as u32 + 0xfee0).map_or_else(String::new, String::from)),
        each(|c| match c.is_ascii_alphanumeric() {
            true => c.to_string(),
            false => percent(c as u8),
        }),
        format!("{begin}\r\n  {end}"),
    ]);
    if !secret.contains(|c: char| c.is_ascii_uppercase()) {
        all.push(secret.to_ascii_uppercase());
    }
    let wrapped = base64(secret.as_bytes(), BASE64);
    let (begin, end) = wrapped.split_at(wrapped.len() / 2);
    all.push(format!("{begin}\n{end}="));
    let spaced = secret.bytes().map(|byte| format!("{byte:02X} "));
    all.push(spaced.collect());
    all
}

/// `secret`, whatever it is made of, as it is and in each of the encodings.
pub(super) fn encodings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut all = vec![
        secret.to_owned(),
        bytes.iter().map(|byte| percent(*byte)).collect(),
        hex(bytes),
        hex(bytes).to_uppercase(),
    ];
    for before in ["", "a", "ab"] {
        let bytes = [before.as_bytes(), bytes].concat();
        all.extend([BASE64, URL64].map(|digits| base64(&bytes, digits)));
    }
    all
}

fn percent(byte: u8) -> String {
    format!("%{byte:02X}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Base64 without padding.
fn base64(bytes: &[u8], digits: &[u8; 64]) -> String {
    let groups = bytes.chunks(3).flat_map(|group| {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | usize::from(group.get(at).copied().unwrap_or_default())
        });
        let all = (0..4).map(move |at| digits[bits >> (18 - 6 * at) & 63]);
        all.take(group.len() + 1)
    });
    groups.map(char::from).collect()
}
