//! From a frame to text.

use serde::Serialize;

use super::{Frame, KeyOffer, MessageFrame};
use crate::types::{Message, Nonce, Timestamp};

/// A message about to be written, with the signing of this hop.
#[derive(Debug, Clone, Copy)]
pub struct MessageText<'a> {
    /// The message.
    pub message: &'a Message,
    /// When it was signed.
    pub timestamp: Timestamp,
    /// What makes this signing unique.
    pub nonce: &'a Nonce,
    /// The signature.
    pub signature: &'a str,
    /// When the relay writes it to the receiver.
    pub delivered_at: Option<Timestamp>,
    /// When the relay took it in.
    pub received_at: Option<Timestamp>,
}

/// Writes a message frame without taking the message apart.
pub fn write_message(text: &MessageText<'_>) -> String {
    let message = text.message;
    let fields = MessageFields {
        id: message.id.as_str(),
        from: message.from.as_str(),
        to: message.to.as_str(),
        kind: message.kind.as_str(),
        content: &message.content,
        conversation_id: message.conversation.as_ref().map_or("", |id| id.as_str()),
        turn_number: message.turn.map(|turn| turn.get()),
        timestamp: text.timestamp.as_millis(),
        nonce: text.nonce.as_str(),
        signature: text.signature,
        max_turns: message.max_turns.map(|turns| turns.get()),
        delivered_at: text.delivered_at.map(Timestamp::as_millis),
        received_at: text.received_at.map(Timestamp::as_millis),
    };
    // Ids and numbers take about so much, and most content needs no escape.
    to_json_of(message.content.len() + 640, &fields)
}

impl Frame {
    /// The frame as it goes over the wire.
    pub fn to_text(&self) -> String {
        match self {
            Frame::Message(frame) => write_message(&frame.as_text()),
            Frame::Session(session) => {
                let (session_key, salt) = match &session.key {
                    KeyOffer::Key(key) => (Some(key.expose()), None),
                    KeyOffer::Salt(salt) => (None, Some(salt.as_str())),
                };
                to_json(&Fields {
                    session_key,
                    salt,
                    expires_in: Some(session.expires_in),
                    features: session.features.map(|features| features.names()),
                    ..Fields::of("session")
                })
            }
            Frame::Status(status) => to_json(&Fields {
                status: Some(status.status.as_str()),
                message_id: Some(status.message_id.as_str()),
                note: status.note.as_deref(),
                ..Fields::of("status")
            }),
            Frame::Error(error) => to_json(&Fields {
                code: Some(match &error.code {
                    Ok(code) => code.as_str(),
                    Err(unknown) => unknown,
                }),
                message: Some(&error.message),
                message_id: error.message_id.as_ref().map(|id| id.as_str()),
                note: error.note.as_deref(),
                ..Fields::of("error")
            }),
            Frame::ConversationEnded(ended) => to_json(&Fields {
                conversation_id: Some(ended.conversation.as_str()),
                peer: ended.peer.as_ref().map(|peer| peer.as_str()),
                reason: Some(ended.reason.as_str()),
                ..Fields::of("conversation_ended")
            }),
            Frame::Ack(ack) => to_json(&Fields {
                message_id: Some(ack.message_id.as_str()),
                from: Some(ack.from.as_str()),
                outcome: Some(ack.outcome.as_str()),
                ..Fields::of("ack")
            }),
            Frame::Ping => to_json(&Fields::of("ping")),
            Frame::Pong => to_json(&Fields::of("pong")),
            Frame::Unknown(kind) => to_json(&Fields::of(kind)),
        }
    }
}

impl MessageFrame {
    fn as_text(&self) -> MessageText<'_> {
        MessageText {
            message: &self.message,
            timestamp: self.timestamp,
            nonce: &self.nonce,
            signature: &self.signature,
            delivered_at: self.delivered_at,
            received_at: self.received_at,
        }
    }
}

#[derive(Serialize)]
struct MessageFields<'a> {
    id: &'a str,
    from: &'a str,
    to: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    content: &'a str,
    conversation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn_number: Option<u64>,
    timestamp: u64,
    nonce: &'a str,
    signature: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_turns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<u64>,
}

/// The fields of every frame that is no message; what a frame lacks is left out.
#[derive(Default, Serialize)]
struct Fields<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn of(kind: &'a str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }
}

fn to_json(fields: &impl Serialize) -> String {
    to_json_of(256, fields)
}

/// Writes `fields`, which take about `bytes`: growing on the way costs more than the writing.
fn to_json_of(bytes: usize, fields: &impl Serialize) -> String {
    let mut json = Vec::with_capacity(bytes);
    #[expect(
        clippy::expect_used,
        reason = "the fields are texts and numbers: writing them to memory has no way to go wrong"
    )]
    serde_json::to_writer(&mut json, fields).expect("plain fields serialise");
    #[expect(clippy::expect_used, reason = "JSON is UTF-8")]
    String::from_utf8(json).expect("JSON is UTF-8")
}
