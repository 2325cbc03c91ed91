//! HMAC-SHA256 over the signed material, and the session key of `sig2`.
//!
//! A key is used as the bytes of its text, not decoded from hex. Comparing takes the same time
//! wherever two signatures differ.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::canonical::{Form, Material};
use crate::types::digest::{decode_hex, encode_hex};
use crate::types::{AgentId, Nonce, Secret};

/// A signature as it travels: 64 lower-case hex digits.
pub type Signature = String;

/// A key ready for use: an agent's secret or a session's key.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// The key whose bytes are those of `secret`'s text.
    pub fn new(secret: &Secret) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "HMAC hashes a long key and pads a short one: no length is refused"
        )]
        let mac = Hmac::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes any key");
        Self(mac)
    }

    /// Signs `material` as laid out by `form`.
    pub fn sign(&self, material: &Material<'_>, form: Form) -> Signature {
        encode_hex(&self.mac(material, form).finalize().into_bytes())
    }

    /// Whether `signature` is this key's for `material`; anything but 64 lower-case hex is not.
    pub fn verifies(&self, material: &Material<'_>, form: Form, signature: &str) -> bool {
        let Ok(claimed) = decode_hex::<32>(signature) else {
            return false;
        };
        self.mac(material, form).verify_slice(&claimed).is_ok()
    }

    /// The key of a `sig2` session: both sides derive it from the agent's secret (this key), the
    /// nonce of the connection and the relay's salt, so it never crosses the wire.
    pub fn derive_session_key(&self, agent: &AgentId, connect_nonce: &Nonce, salt: &str) -> Secret {
        let mut mac = self.0.clone();
        mac.update(format!("opendialogue/2|session|{agent}|{connect_nonce}|{salt}").as_bytes());
        Secret::new(encode_hex(&mac.finalize().into_bytes()))
    }

    fn mac(&self, material: &Material<'_>, form: Form) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        material.feed(form, |piece| mac.update(piece));
        mac
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(hidden)")
    }
}

#[cfg(test)]
mod tests;
