//! Names and chance, from the system's randomness.

use super::backoff::Jitter;
use crate::types::digest::encode_hex;
use crate::types::{ConversationId, MessageId, Nonce};

/// A new nonce: 128 bits as hex.
pub(super) fn nonce() -> Nonce {
    named(&hex128(), Nonce::new)
}

/// A new message id: 128 bits as hex.
pub(super) fn message_id() -> MessageId {
    named(&hex128(), MessageId::new)
}

/// A new conversation id. The letter in front keeps it from being all digits, which version 1
/// could mistake for a turn number.
pub(super) fn conversation_id() -> ConversationId {
    named(&format!("c{}", hex128()), ConversationId::new)
}

/// The random part of a wait.
pub(super) fn jitter() -> Jitter {
    Jitter::new(f64::from(u32::from_ne_bytes(bytes())) / f64::from(u32::MAX))
}

/// 128 random bits as hex.
pub(super) fn hex128() -> String {
    encode_hex(&bytes::<16>())
}

/// 256 random bits as hex.
pub(super) fn hex256() -> String {
    encode_hex(&bytes::<32>())
}

/// Random bytes.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "a system without randomness can sign nothing; there is no going on"
    )]
    getrandom::fill(&mut bytes).expect("the system gives randomness");
    bytes
}

fn named<T>(text: &str, make: fn(&str) -> Result<T, crate::types::InvalidId>) -> T {
    #[expect(
        clippy::expect_used,
        reason = "hex digits and a letter are in the alphabet"
    )]
    make(text).expect("hex is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_conversations_are_never_all_digits() {
        assert_ne!(message_id(), message_id());
        assert_ne!(nonce(), nonce());
        assert!(!conversation_id().is_all_digits());
    }
}
