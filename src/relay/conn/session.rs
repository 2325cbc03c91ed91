//! What one connection signs with: the session's key, how it was offered, and its nonces.

use std::sync::Arc;

use crate::relay::directory::Resident;
use crate::relay::parcel::Parcel;
use crate::types::{Nonce, Secret, Timestamp};
use crate::wire::frame::{Features, KeyOffer, MessageText, SessionFrame, write_message};
use crate::wire::{Form, Material, MessageFrame, SigningKey};

/// A session that an agent was admitted to.
#[derive(Debug)]
pub(in crate::relay) struct Session {
    /// Who was admitted.
    pub(in crate::relay) resident: Arc<Resident>,
    /// The extensions that both sides use.
    pub(in crate::relay) features: Features,
    /// Which layout is signed.
    pub(in crate::relay) form: Form,
    key: SigningKey,
    offer: KeyOffer,
}

impl Session {
    /// A session of `resident` with a fresh key made from 32 `random` bytes in hex.
    pub(in crate::relay) fn new(
        resident: Arc<Resident>,
        features: Features,
        connect_nonce: &Nonce,
        random: String,
    ) -> Self {
        let (key, offer, form) = if features.sig2 {
            let agent = &resident.id;
            let account = resident.account();
            let key = account
                .key
                .derive_session_key(agent, connect_nonce, &random);
            (key, KeyOffer::Salt(random), Form::Sig2)
        } else {
            let key = Secret::new(random);
            (key.clone(), KeyOffer::Key(key), Form::V1)
        };
        Self {
            key: SigningKey::new(&key),
            resident,
            features,
            form,
            offer,
        }
    }

    /// Whether the agent announced no features.
    pub(super) fn is_version_1(&self) -> bool {
        self.features == Features::default()
    }

    /// The frame that opens the session; without features it is version 1's.
    pub(super) fn frame(&self) -> SessionFrame {
        SessionFrame {
            key: self.offer.clone(),
            expires_in: 3_600,
            features: (!self.is_version_1()).then_some(self.features),
        }
    }

    /// Whether the session's key made `frame`'s signature.
    pub(super) fn verifies(&self, frame: &MessageFrame) -> bool {
        let material = Material::of_message(&frame.message, frame.timestamp, &frame.nonce);
        self.key.verifies(&material, self.form, &frame.signature)
    }

    /// The frame that delivers `parcel`, signed with the session's key.
    pub(super) fn sign(&self, parcel: &Parcel, now: Timestamp) -> String {
        let frame = &parcel.frame;
        let material = Material::of_message(&frame.message, frame.timestamp, &frame.nonce);
        let signature = self.key.sign(&material, self.form);
        write_message(&MessageText {
            message: &frame.message,
            timestamp: frame.timestamp,
            nonce: &frame.nonce,
            signature: &signature,
            delivered_at: Some(now),
            received_at: self.features.ack.then_some(parcel.received_at),
        })
    }
}

/// Nonces for what one connection signs anew: a random beginning and a count.
#[derive(Debug)]
pub(super) struct NonceSeries {
    beginning: String,
    count: u64,
}

impl NonceSeries {
    /// A series that begins with 16 `random` hex digits.
    pub(super) fn new(random: String) -> Self {
        Self {
            beginning: random,
            count: 0,
        }
    }

    /// The next nonce, 32 hex digits.
    pub(super) fn next(&mut self) -> Nonce {
        self.count += 1;
        let text = format!("{}{:016x}", self.beginning, self.count);
        #[expect(
            clippy::expect_used,
            reason = "32 hex digits are of the alphabet of ids"
        )]
        Nonce::new(&text).expect("hex digits make a nonce")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::defaults::MESSAGE_MAX_BYTES_MOST;
    use crate::relay::{directory, fixture};
    use crate::types::{AgentId, ConversationId, Message, MessageId, TurnNumber};
    use crate::wire::MAX_FRAME_BYTES;

    #[test]
    fn the_largest_message_that_can_be_allowed_fits_into_a_frame_however_it_is_escaped() {
        let units = usize::try_from(MESSAGE_MAX_BYTES_MOST / 4).unwrap();
        let longest = "a".repeat(128);
        let last = Timestamp::from_millis(u64::MAX);
        // The worst of each kind: escaped, escaped short, three bytes, four for two units.
        for content in [
            "\u{1f}".repeat(units),
            "\"".repeat(units),
            "文".repeat(units),
            "👨".repeat(units / 2),
        ] {
            let mut parcel = fixture::parcel("m");
            parcel.received_at = last;
            parcel.frame.timestamp = last;
            parcel.frame.nonce = Nonce::new(&longest).unwrap();
            parcel.frame.message = Message {
                id: MessageId::new(&longest).unwrap(),
                from: AgentId::new(&longest).unwrap(),
                to: AgentId::new(&longest).unwrap(),
                conversation: ConversationId::new(&longest).ok(),
                turn: TurnNumber::new(u64::MAX),
                max_turns: TurnNumber::new(u64::MAX),
                ..fixture::message("m", &content)
            };
            let resident = Arc::new(directory::tests::resident(fixture::BOB));
            let features = Features::OURS;
            let nonce = Nonce::new("n").unwrap();
            let session = Session::new(resident, features, &nonce, "0".repeat(64));
            let frame = session.sign(&parcel, last);
            assert!(frame.len() <= MAX_FRAME_BYTES, "{}", frame.len());
        }
    }
}
