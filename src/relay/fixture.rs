//! Values that the relay's own tests share.

use super::parcel::Parcel;
use super::store::StoredMail;
use crate::types::{AgentId, ConversationId, Kind, Message, MessageId, Nonce, Timestamp};

pub(super) const ALICE: &str = "10000001";
pub(super) const BOB: &str = "10000002";

pub(super) fn agent(id: &str) -> AgentId {
    AgentId::new(id).unwrap()
}

/// A text from Alice to Bob, in no conversation.
pub(super) fn message(id: &str, content: &str) -> Message {
    Message {
        id: MessageId::new(id).unwrap(),
        from: agent(ALICE),
        to: agent(BOB),
        kind: Kind::Text,
        content: content.to_owned(),
        conversation: None,
        turn: None,
        max_turns: None,
    }
}

/// The same in conversation `conversation`.
pub(super) fn turn(id: &str, conversation: &str) -> Message {
    Message {
        conversation: Some(ConversationId::new(conversation).unwrap()),
        ..message(id, "hi")
    }
}

/// That text under way, with nobody waiting for it.
pub(super) fn parcel(id: &str) -> Parcel {
    let now = Timestamp::from_millis(1_795_373_464_750);
    let mail = StoredMail {
        message: message(id, "hi"),
        received_at: now,
        sequence: 0,
        ends: None,
        may_repeat: false,
    };
    Parcel::of_stored(mail, now, Nonce::new("n").unwrap())
}
